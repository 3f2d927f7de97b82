/**
 * The on-demand model: a request goes to an environment whose runtime polls for work; if none
 * does, a new environment is started for it; above the concurrency limit it is throttled. How many
 * requests one environment serves at once is not decided here but by the runtime inside it.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */

import { type Random, seededRandom } from "../../basics/seeded-random.ts";
import { RuntimeEnvironment } from "../environment/runtime-environment.ts";
import type { Invocation, InvocationResult, UrlRequest } from "../invocation.ts";
import { createInvocation, EnvironmentRegistry, type Pool, type PoolPlan } from "./pool.ts";

/**
 * How long a request waits for a runtime that has just answered to poll again, in milliseconds. A
 * caller may send its next request before that poll arrives; AWS does not document what happens
 * then, and starting an environment for every such request would be absurd.
 */
const RETURN_MS = 100;

export class OnDemandPool implements Pool {
  readonly registry: EnvironmentRegistry<RuntimeEnvironment>;
  readonly #plan: PoolPlan;
  readonly #random: Random;
  /** Environments on their way to the first poll, and the request that each is started for. */
  readonly #starting = new Map<RuntimeEnvironment, Invocation>();
  /** Requests that wait for a runtime that has just answered. */
  readonly #awaitingReturn = new Map<Invocation, NodeJS.Timeout>();
  readonly #idleTimers = new Map<RuntimeEnvironment, NodeJS.Timeout>();
  #inFlight = 0;
  #closed = false;

  constructor(plan: PoolPlan) {
    this.#plan = plan;
    this.registry = new EnvironmentRegistry(plan);
    this.#random = seededRandom(plan.configuration.seed);
  }

  /** Nothing: environments are started for requests. */
  async start(): Promise<void> {}

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.#closed || this.#inFlight >= this.#plan.configuration.concurrencyLimit) {
      return { kind: "throttled" };
    }
    const created = createInvocation(request);
    if (!created) return { kind: "too-large" };
    this.#inFlight += 1;
    // A stream is an answer long before the handler has ended.
    void created.over.then(() => {
      this.#inFlight -= 1;
    });
    this.#place(created.invocation);
    return created.answered;
  }

  /**
   * Makes the next request of everyone a cold one; what is being served is finished first. A request
   * that waits for an environment to start gets another one: that one may have loaded its code already.
   */
  async recycle(): Promise<void> {
    if (this.#closed) return;
    const stops: Promise<void>[] = [];
    const waiting = [...this.#starting];
    this.#starting.clear();
    for (const environment of this.registry.all) {
      if (environment.isIdle) stops.push(this.#end(environment));
      else environment.isRetired = true;
    }
    for (const [, invocation] of waiting) this.#startFor(invocation);
    await Promise.all(stops);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const [invocation, timer] of this.#awaitingReturn) {
      clearTimeout(timer);
      invocation.end({ kind: "throttled" });
    }
    for (const invocation of this.#starting.values()) invocation.end({ kind: "throttled" });
    for (const timer of this.#idleTimers.values()) clearTimeout(timer);
    await this.registry.close();
  }

  #place(invocation: Invocation): void {
    const free = this.registry.all.filter(({ isFree }) => isFree);
    const chosen = free[Math.floor(this.#random() * free.length)];
    if (chosen) this.#serve(chosen, invocation);
    else if (this.#countReturning() > this.#awaitingReturn.size) this.#awaitReturn(invocation);
    else this.#awaitStart(invocation);
  }

  #countReturning(): number {
    return this.registry.all.filter(({ isReturning }) => isReturning).length;
  }

  /**
   * A runtime that is being started again takes the next request, as on AWS, where it is started
   * together with that; else an environment is started for it.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   */
  #awaitStart(invocation: Invocation): void {
    const restarting = this.registry.all.find(
      (environment) => environment.isRestarting && !this.#starting.has(environment),
    );
    if (restarting) this.#starting.set(restarting, invocation);
    else this.#startFor(invocation);
  }

  #awaitReturn(invocation: Invocation): void {
    const timer = setTimeout(() => {
      this.#awaitingReturn.delete(invocation);
      this.#awaitStart(invocation);
    }, RETURN_MS);
    this.#awaitingReturn.set(invocation, timer);
  }

  #serve(environment: RuntimeEnvironment, invocation: Invocation): void {
    clearTimeout(this.#idleTimers.get(environment));
    this.#idleTimers.delete(environment);
    void environment.serve(invocation);
  }

  #startFor(invocation: Invocation): void {
    const environment = new RuntimeEnvironment(this.#plan, () => this.#onPoll(environment));
    void environment.gone.then(() => {
      // A runtime that could not be started fails the request that waited for it.
      this.#starting.get(environment)?.end(environment.initError);
      void this.#end(environment);
    });
    this.#starting.set(environment, invocation);
    void this.registry.add(environment);
  }

  #onPoll(environment: RuntimeEnvironment): void {
    const next = this.#starting.get(environment) ?? this.#takeWaiting(environment);
    if (next) {
      this.#starting.delete(environment);
      this.#serve(environment, next);
    } else if (environment.isIdle) {
      if (environment.isRetired) void this.#end(environment);
      else this.#expireLater(environment);
    }
  }

  /** The request that has waited longest for a runtime to poll again. */
  #takeWaiting(environment: RuntimeEnvironment): Invocation | undefined {
    const [waiting] = environment.isRetired ? [] : this.#awaitingReturn;
    if (!waiting) return undefined;
    const [invocation, timer] = waiting;
    clearTimeout(timer);
    this.#awaitingReturn.delete(invocation);
    return invocation;
  }

  #expireLater(environment: RuntimeEnvironment): void {
    clearTimeout(this.#idleTimers.get(environment));
    const timer = setTimeout(() => {
      if (environment.isIdle) void this.#end(environment);
    }, this.#plan.configuration.idleTimeoutMs);
    this.#idleTimers.set(environment, timer);
  }

  async #end(environment: RuntimeEnvironment): Promise<void> {
    clearTimeout(this.#idleTimers.get(environment));
    this.#idleTimers.delete(environment);
    this.#starting.delete(environment);
    await this.registry.end(environment);
  }
}
