/**
 * Which environment of Managed Instances takes a request. How AWS routes among them is not
 * documented; that it draws a lot among all that have room is an assumption, the one that favours
 * neither a request of its own for each environment nor that they meet in one.
 */

import type { Environment } from "../environment/environment.ts";
import type { Invocation } from "../invocation.ts";
import type { Random } from "./random.ts";

/**
 * How long a request waits for a poll of its environment, in milliseconds. A runtime that has just
 * taken a request polls again at once, so only threads that are busy computing let it pass; then AWS
 * rejects what comes until one is free. How long it waits before it does is an assumption.
 */
const POLL_MS = 1_000;

/** The requests that wait for one environment, until one of its runtimes polls. */
interface Queue {
  invocations: Invocation[];
  patience: NodeJS.Timeout | undefined;
}

export class ManagedDraw {
  readonly #random: Random;
  readonly #maxConcurrency: number;
  readonly #open: () => readonly Environment[];
  readonly #queues = new Map<Environment, Queue>();
  /** Environments that let a request wait for too long, and have not polled since. */
  readonly #stalled = new WeakSet<Environment>();

  /** @param open the environments that take requests at all, with room or not */
  constructor(random: Random, maxConcurrency: number, open: () => readonly Environment[]) {
    this.#random = random;
    this.#maxConcurrency = maxConcurrency;
    this.#open = open;
  }

  /** It has room for one more, beside what is inside and what waits for it. */
  hasRoom(environment: Environment): boolean {
    return environment.inside + this.#waitingFor(environment) < this.#maxConcurrency;
  }

  /** Nothing is inside, and nothing waits for it. */
  isIdle(environment: Environment): boolean {
    return environment.isIdle && this.#waitingFor(environment) === 0;
  }

  /** Draws an environment for a new request, which is throttled when there is no room. */
  place(invocation: Invocation): void {
    const roomy = this.#roomy();
    const alert = roomy.filter((environment) => !this.#stalled.has(environment));
    this.#drawAmong(alert.length > 0 ? alert : roomy, invocation);
  }

  /** Hands what waits for an environment to the runtimes that poll there. */
  deliver(environment: Environment): void {
    if (environment.polls > 0) this.#stalled.delete(environment);
    const queue = this.#queues.get(environment);
    if (!queue || environment.polls === 0) return;
    for (const next of queue.invocations.splice(0, environment.polls)) environment.serve(next);
    this.#stopPatience(queue);
    if (queue.invocations.length > 0) this.#startPatience(environment, queue);
    else this.#queues.delete(environment);
  }

  /** Puts what waits for an environment back: others take it, or it is throttled. */
  redraw(environment: Environment): void {
    this.#stalled.add(environment);
    for (const invocation of this.#take(environment)) {
      const others = this.#roomy().filter((other) => !this.#stalled.has(other));
      this.#drawAmong(others, invocation);
    }
  }

  /** Throttles all that wait. */
  close(): void {
    for (const environment of [...this.#queues.keys()]) {
      for (const invocation of this.#take(environment)) invocation.end({ kind: "throttled" });
    }
  }

  #roomy(): Environment[] {
    return this.#open().filter((environment) => this.hasRoom(environment));
  }

  #waitingFor(environment: Environment): number {
    return this.#queues.get(environment)?.invocations.length ?? 0;
  }

  #drawAmong(environments: readonly Environment[], invocation: Invocation): void {
    const chosen = environments[Math.floor(this.#random() * environments.length)];
    if (!chosen) {
      invocation.end({ kind: "throttled" });
      return;
    }
    const queue = this.#queues.get(chosen) ?? { invocations: [], patience: undefined };
    this.#queues.set(chosen, queue);
    queue.invocations.push(invocation);
    if (!queue.patience) this.#startPatience(chosen, queue);
    this.deliver(chosen);
  }

  #take(environment: Environment): Invocation[] {
    const queue = this.#queues.get(environment);
    if (!queue) return [];
    this.#stopPatience(queue);
    this.#queues.delete(environment);
    return queue.invocations;
  }

  #startPatience(environment: Environment, queue: Queue): void {
    queue.patience = setTimeout(() => this.redraw(environment), POLL_MS);
  }

  #stopPatience(queue: Queue): void {
    clearTimeout(queue.patience);
    queue.patience = undefined;
  }
}
