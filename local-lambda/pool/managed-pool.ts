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

import { type Random, seededRandom } from "../../basics/seeded-random.ts";
import { RuntimeEnvironment } from "../environment/runtime-environment.ts";
import type { FunctionFailure, Invocation, InvocationResult, UrlRequest } from "../invocation.ts";
import { StartError } from "../start-error.ts";
import { createInvocation, EnvironmentRegistry, type Pool, type PoolPlan } from "./pool.ts";

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
interface Member {
  environment: RuntimeEnvironment;
  /** Resolves when all of its threads poll, or to why they never will. */
  ready: PromiseWithResolvers<FunctionFailure | undefined>;
  /** Waits for the other threads, since the first poll. */
  follow?: NodeJS.Timeout | undefined;
  /** Until one of its threads polls. */
  waiting: Invocation[];
  /** Lets others take what waits. */
  patience?: NodeJS.Timeout | undefined;
  /** It let a request wait for too long, and has not polled since. */
  isStalled: boolean;
}

export class ManagedPool implements Pool {
  readonly registry: EnvironmentRegistry<RuntimeEnvironment>;
  readonly #plan: PoolPlan;
  readonly #random: Random;
  readonly #members = new Set<Member>();
  readonly #retries = new Set<NodeJS.Timeout>();
  /** Environments in a row that ended before they were given anything. */
  #useless = 0;
  /** Why the latest environments could not be initialized, until one is. */
  #failure: FunctionFailure | undefined;
  #closed = false;

  constructor(plan: PoolPlan) {
    this.#plan = plan;
    this.registry = new EnvironmentRegistry(plan);
    this.#random = seededRandom(plan.configuration.seed);
  }

  /** Starts all environments; resolves when all of them poll, and fails with the first that cannot. */
  async start(): Promise<void> {
    const starts = this.#startAll().map(async (start) => {
      const failure = await start;
      if (!failure) return;
      const { errorType, errorMessage } = failure;
      throw new StartError("not initialized", { errorType, errorMessage });
    });
    await Promise.all(starts);
  }

  async invoke(request: UrlRequest): Promise<InvocationResult> {
    if (this.#closed) return { kind: "throttled" };
    if (this.#failure && this.#open().length === 0) return this.#failure;
    const created = createInvocation(request);
    if (!created) return { kind: "too-large" };
    void created.over.then(() => this.#endRetired());
    const roomy = this.#roomy();
    const alert = roomy.filter(({ isStalled }) => !isStalled);
    this.#draw(alert.length > 0 ? alert : roomy, created.invocation);
    return created.answered;
  }

  /**
   * Replaces all environments; resolves when the new ones poll, or cannot. Until then nobody takes
   * requests. Those that cannot are started again, later and later.
   */
  async recycle(): Promise<void> {
    if (this.#closed) return;
    for (const { environment } of this.#members) environment.isRetired = true;
    this.#failure = undefined;
    const starts = this.#startAll();
    const [failures] = await Promise.all([Promise.all(starts), ...this.#endRetired()]);
    this.#failure = failures.find((failure) => failure !== undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetries();
    const members = [...this.#members];
    for (const invocation of members.flatMap(({ waiting }) => waiting.splice(0))) {
      invocation.end({ kind: "throttled" });
    }
    await Promise.all(members.map((member) => this.#end(member)));
  }

  /** Those that take requests, whether they poll right now or not. */
  #open(): Member[] {
    return [...this.#members].filter(
      ({ environment }) => environment.isInitialized && !environment.isRetired,
    );
  }

  /** Those with room for one more, beside what is inside and what waits. */
  #roomy(): Member[] {
    const { maxConcurrency } = this.#plan.configuration;
    return this.#open().filter(
      ({ environment, waiting }) => environment.inside + waiting.length < maxConcurrency,
    );
  }

  /** Draws one of them for a request, which is throttled when there is none. */
  #draw(members: readonly Member[], invocation: Invocation): void {
    const chosen = members[Math.floor(this.#random() * members.length)];
    if (!chosen) {
      invocation.end({ kind: "throttled" });
      return;
    }
    chosen.waiting.push(invocation);
    chosen.patience ??= setTimeout(() => this.#redraw(chosen), POLL_MS);
    this.#deliver(chosen);
  }

  /** Hands what waits for an environment to the threads that poll there. */
  #deliver(member: Member): void {
    const { environment, waiting } = member;
    if (environment.polls === 0) return;
    member.isStalled = false;
    for (const next of waiting.splice(0, environment.polls)) void environment.serve(next);
    clearTimeout(member.patience);
    member.patience =
      waiting.length > 0 ? setTimeout(() => this.#redraw(member), POLL_MS) : undefined;
  }

  /** Lets other environments take what waits for one; what finds no room is throttled. */
  #redraw(member: Member): void {
    member.isStalled = true;
    clearTimeout(member.patience);
    member.patience = undefined;
    for (const invocation of member.waiting.splice(0)) {
      this.#draw(
        this.#roomy().filter(({ isStalled }) => !isStalled),
        invocation,
      );
    }
  }

  /** Starts all environments, in place of those that were to be started again. */
  #startAll(): Promise<FunctionFailure | undefined>[] {
    this.#cancelRetries();
    return Array.from({ length: this.#plan.configuration.environments }, () => this.#startOne());
  }

  #startOne(): Promise<FunctionFailure | undefined> {
    const environment = new RuntimeEnvironment(this.#plan, () => this.#onPoll(member));
    const ready: Member["ready"] = Promise.withResolvers();
    const member: Member = { environment, ready, waiting: [], isStalled: false };
    this.#members.add(member);
    void environment.gone.then(() => this.#onGone(member));
    void this.registry.add(environment);
    return ready.promise;
  }

  #onPoll(member: Member): void {
    const { environment, ready } = member;
    this.#failure = undefined;
    member.follow ??= setTimeout(() => ready.resolve(undefined), FOLLOW_MS);
    if (environment.polls >= this.#plan.configuration.workers) ready.resolve(undefined);
    this.#deliver(member);
  }

  /** An environment has ended by itself: what was inside has failed, and another takes its place. */
  #onGone(member: Member): void {
    const { environment } = member;
    const failure = environment.isRetired ? undefined : environment.initError;
    void this.#end(member, failure);
    if (failure) this.#replace(environment);
    this.#redraw(member);
  }

  #replace({ hasServed }: RuntimeEnvironment): void {
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
    const idle = [...this.#members].filter(
      ({ environment, waiting }) =>
        environment.isRetired && environment.isIdle && waiting.length === 0,
    );
    return idle.map((member) => this.#end(member));
  }

  /** @param failure why it never became ready, if it did not */
  async #end(member: Member, failure?: FunctionFailure): Promise<void> {
    this.#members.delete(member);
    clearTimeout(member.follow);
    clearTimeout(member.patience);
    member.ready.resolve(failure);
    await this.registry.end(member.environment);
  }
}
