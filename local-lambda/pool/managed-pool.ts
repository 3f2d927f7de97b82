/**
 * The model of Lambda Managed Instances: a stated number of environments, started beforehand, whose
 * worker threads each take many requests at once. What no environment can take is throttled: no
 * environment is started for a request, and no timer ends one.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
 *
 * Which of the environments takes a request AWS does not document; that it draws a lot among all that
 * have room is an assumption, the one that favours neither a request of its own for each environment
 * nor that they meet in one.
 */

import { RuntimeEnvironment } from "../environment/runtime-environment.ts";
import type { FunctionFailure, Invocation, InvocationResult, UrlRequest } from "../invocation.ts";
import { StartError } from "../start-error.ts";
import { createInvocation, Pool } from "./pool.ts";

/**
 * How long a request waits for a poll of its environment, in milliseconds. A runtime that has just
 * taken a request polls again at once, so only threads that are busy computing let it pass; then AWS
 * rejects what comes until one is free. How long it waits before it does is an assumption.
 */
const POLL_MS = 1_000;
/**
 * How long the other worker threads may follow the first one's poll, in milliseconds. AWS takes an
 * environment as ready with the first poll; here all are waited for, so that the first burst meets
 * all of them. A thread that will never poll must not hold everything up.
 */
const FOLLOW_MS = 10_000;
/**
 * How long the replacement of an environment waits that was never of use, in milliseconds: twice as
 * long each time, or code that ends by itself would be started over and over.
 */
const RETRY_MS = { first: 100, last: 30_000 };

/** One of the environments, and the requests that it was drawn for. */
class ManagedEnvironment extends RuntimeEnvironment {
  /** Resolves when all of its threads poll, or to why they never will. */
  readonly ready = Promise.withResolvers<FunctionFailure | undefined>();
  /** Waits for the other threads, since the first poll. */
  follow: NodeJS.Timeout | undefined;
  /** Until one of its threads polls. */
  readonly waiting: Invocation[] = [];
  /** Lets others take what waits. */
  patience: NodeJS.Timeout | undefined;
  /** It let a request wait for too long, and has not polled since. */
  isStalled = false;
}

export class ManagedPool extends Pool<ManagedEnvironment> {
  readonly #retries = new Set<NodeJS.Timeout>();
  /** Environments in a row that ended before they were given anything. */
  #useless = 0;
  /** Why the latest environments could not be initialized, until one is. */
  #failure: FunctionFailure | undefined;

  /** Starts all environments; resolves when all of them poll, and fails with the first that cannot. */
  override async start(): Promise<void> {
    const starts = this.#startAll().map(async (start) => {
      const failure = await start;
      if (!failure) return;
      const { errorType, errorMessage } = failure;
      throw new StartError("not initialized", { errorType, errorMessage });
    });
    await Promise.all(starts);
  }

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.isClosed) return { kind: "throttled" };
    if (this.#failure && this.#openEnvironments().length === 0) return this.#failure;
    const created = createInvocation(request);
    if (!created) return { kind: "too-large" };
    const roomy = this.#roomyEnvironments();
    const alert = roomy.filter(({ isStalled }) => !isStalled);
    this.#place(alert.length > 0 ? alert : roomy, created.invocation);
    return created.answered;
  }

  /**
   * Replaces all environments; resolves when the new ones poll, or cannot. Until then nobody takes
   * requests. Those that cannot are started again, later and later.
   */
  async recycle(): Promise<void> {
    if (this.isClosed) return;
    for (const environment of this.environments) environment.isRetired = true;
    this.#failure = undefined;
    const starts = this.#startAll();
    const [failures] = await Promise.all([Promise.all(starts), ...this.#endRetired()]);
    this.#failure = failures.find((failure) => failure !== undefined);
  }

  protected override throttleWaiting(): void {
    this.#cancelRetries();
    for (const invocation of this.environments.flatMap(({ waiting }) => waiting.splice(0))) {
      invocation.end({ kind: "throttled" });
    }
  }

  /** Those that take requests, whether they poll right now or not. */
  #openEnvironments(): ManagedEnvironment[] {
    return this.environments.filter(({ isInitialized, isRetired }) => isInitialized && !isRetired);
  }

  /** Those with room for one more, beside what is inside and what waits. */
  #roomyEnvironments(): ManagedEnvironment[] {
    const { maxConcurrency } = this.plan.configuration;
    return this.#openEnvironments().filter(
      ({ inside, waiting }) => inside + waiting.length < maxConcurrency,
    );
  }

  /** Draws one of these for a request, which is throttled when there is none. */
  #place(environments: readonly ManagedEnvironment[], invocation: Invocation): void {
    const chosen = this.draw(environments);
    if (!chosen) {
      invocation.end({ kind: "throttled" });
      return;
    }
    chosen.waiting.push(invocation);
    chosen.patience ??= setTimeout(() => this.#redraw(chosen), POLL_MS);
    this.#deliver(chosen);
  }

  /** Hands what waits for an environment to the threads that poll there. */
  #deliver(environment: ManagedEnvironment): void {
    const { waiting, polls } = environment;
    if (polls === 0) return;
    environment.isStalled = false;
    for (const next of waiting.splice(0, polls)) {
      void environment.serve(next).then(() => this.#endRetired());
    }
    clearTimeout(environment.patience);
    environment.patience =
      waiting.length > 0 ? setTimeout(() => this.#redraw(environment), POLL_MS) : undefined;
  }

  /** Lets other environments take what waits for one; what finds no room is throttled. */
  #redraw(environment: ManagedEnvironment): void {
    environment.isStalled = true;
    clearTimeout(environment.patience);
    environment.patience = undefined;
    for (const invocation of environment.waiting.splice(0)) {
      this.#place(
        this.#roomyEnvironments().filter(({ isStalled }) => !isStalled),
        invocation,
      );
    }
    this.#endRetired();
  }

  /** Starts all environments, in place of those that were to be started again. */
  #startAll(): Promise<FunctionFailure | undefined>[] {
    this.#cancelRetries();
    return Array.from({ length: this.plan.configuration.environments }, () => this.#startOne());
  }

  #startOne(): Promise<FunctionFailure | undefined> {
    const environment = new ManagedEnvironment(this.plan, () => this.#onPoll(environment));
    void environment.gone.then(() => this.#onGone(environment));
    void this.add(environment);
    return environment.ready.promise;
  }

  #onPoll(environment: ManagedEnvironment): void {
    const { ready, polls } = environment;
    this.#failure = undefined;
    environment.follow ??= setTimeout(() => ready.resolve(undefined), FOLLOW_MS);
    if (polls >= this.plan.configuration.workers) ready.resolve(undefined);
    this.#deliver(environment);
  }

  /** An environment has ended by itself: what was inside has failed, and another takes its place. */
  #onGone(environment: ManagedEnvironment): void {
    const failure = environment.isRetired ? undefined : environment.initError;
    void this.end(environment, failure);
    if (failure) this.#replace(environment);
    this.#redraw(environment);
  }

  #replace({ hasServed }: ManagedEnvironment): void {
    if (hasServed) {
      this.#useless = 0;
      void this.#startOne();
      return;
    }
    const delayMs = Math.min(RETRY_MS.first * 2 ** this.#useless, RETRY_MS.last);
    this.#useless += 1;
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      void this.#startOne();
    }, delayMs);
    this.#retries.add(retry);
  }

  #cancelRetries(): void {
    for (const retry of this.#retries) clearTimeout(retry);
    this.#retries.clear();
    this.#useless = 0;
  }

  /** Ends the environments that have finished what they were to finish. */
  #endRetired(): Promise<void>[] {
    return this.environments
      .filter(({ isRetired, isIdle, waiting }) => isRetired && isIdle && waiting.length === 0)
      .map((environment) => this.end(environment));
  }

  /** @param failure why it never became ready, if it did not */
  protected override async end(
    environment: ManagedEnvironment,
    failure?: FunctionFailure,
  ): Promise<void> {
    clearTimeout(environment.follow);
    clearTimeout(environment.patience);
    environment.ready.resolve(failure);
    await super.end(environment);
  }
}
