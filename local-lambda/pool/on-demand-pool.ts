/**
 * The on-demand model: a request goes to an environment whose runtime polls for work; if none
 * does, a new environment is started for it; above the concurrency limit it is throttled. How many
 * requests one environment serves at once is not decided here but by the runtime inside it.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */

import { RuntimeEnvironment } from "../environment/runtime-environment.ts";
import type { Invocation, InvocationResult, UrlRequest } from "../invocation.ts";
import { createInvocation, Pool } from "./pool.ts";

/**
 * How long a request waits for a runtime that has just answered to poll again, in milliseconds. A
 * caller may send its next request before that poll arrives; AWS does not document what happens
 * then, and starting an environment for every such request would be absurd.
 */
const RETURN_MS = 100;

export class OnDemandPool extends Pool<RuntimeEnvironment> {
  /** Environments on their way to the first poll, and the request that each is started for. */
  readonly #starting = new Map<RuntimeEnvironment, Invocation>();
  /** Requests that wait for a runtime that has just answered. */
  readonly #awaitingReturn = new Map<Invocation, NodeJS.Timeout>();

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.isClosed || this.#inFlight() >= this.plan.configuration.concurrencyLimit) {
      return { kind: "throttled" };
    }
    const created = createInvocation(request);
    if (!created) return { kind: "too-large" };
    this.#place(created.invocation);
    return created.answered;
  }

  /** Requests that have not ended. A stream is an answer long before its handler has. */
  #inFlight(): number {
    const inside = this.environments.reduce((sum, environment) => sum + environment.inside, 0);
    return inside + this.#starting.size + this.#awaitingReturn.size;
  }

  /**
   * Makes the next request of everyone a cold one; what is being served is finished first. A request
   * that waits for an environment to start gets another one: that one may have loaded its code already.
   */
  async recycle(): Promise<void> {
    if (this.isClosed) return;
    const stops: Promise<void>[] = [];
    const waiting = [...this.#starting.values()];
    this.#starting.clear();
    for (const environment of this.environments) {
      if (environment.isIdle) stops.push(this.end(environment));
      else environment.isRetired = true;
    }
    for (const invocation of waiting) this.#startFor(invocation);
    await Promise.all(stops);
  }

  protected override throttleWaiting(): void {
    for (const timer of this.#awaitingReturn.values()) clearTimeout(timer);
    for (const invocation of [...this.#awaitingReturn.keys(), ...this.#starting.values()]) {
      invocation.end({ kind: "throttled" });
    }
  }

  #place(invocation: Invocation): void {
    const chosen = this.draw(this.environments.filter(({ isFree }) => isFree));
    if (chosen) void chosen.serve(invocation);
    else if (this.#countReturning() > this.#awaitingReturn.size) this.#awaitReturn(invocation);
    else this.#awaitStart(invocation);
  }

  #countReturning(): number {
    return this.environments.filter(({ isReturning }) => isReturning).length;
  }

  /**
   * A runtime that is being started again takes the next request, as on AWS, where it is started
   * together with that; else an environment is started for it.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   */
  #awaitStart(invocation: Invocation): void {
    const restarting = this.environments.find(
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

  #startFor(invocation: Invocation): void {
    const environment = new RuntimeEnvironment(this.plan, () => this.#onPoll(environment));
    void environment.gone.then(() => {
      // A runtime that could not be started fails the request that waited for it.
      this.#starting.get(environment)?.end(environment.initError);
      this.#starting.delete(environment);
      void this.end(environment);
    });
    this.#starting.set(environment, invocation);
    void this.add(environment);
  }

  #onPoll(environment: RuntimeEnvironment): void {
    const next = this.#starting.get(environment) ?? this.#takeWaiting(environment);
    if (next) {
      this.#starting.delete(environment);
      void environment.serve(next);
    } else if (environment.isIdle) {
      if (environment.isRetired) void this.end(environment);
      else this.expireLater(environment);
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
}
