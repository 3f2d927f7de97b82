/** When the environments of Managed Instances are started, and when they are ready. */

import type { Environment } from "../environment/environment.ts";
import type { InvocationResult } from "../invocation.ts";

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

interface Start {
  /** Resolves when it is ready, or to why it never will be. */
  ready: PromiseWithResolvers<InvocationResult | undefined>;
  follow?: NodeJS.Timeout;
}

export class ManagedStarts {
  readonly #workers: number;
  readonly #create: () => Environment;
  readonly #starting = new Map<Environment, Start>();
  readonly #retries = new Set<NodeJS.Timeout>();
  /** Environments in a row that ended before they were given anything. */
  #useless = 0;
  #closed = false;

  /** @param create makes an environment and lets it start when its turn comes */
  constructor(workers: number, create: () => Environment) {
    this.#workers = workers;
    this.#create = create;
  }

  /**
   * Starts so many environments, in place of all that were to be started.
   *
   * @returns for each, when it is ready, or why it has failed
   */
  startAll(count: number): Promise<InvocationResult | undefined>[] {
    this.#cancelRetries();
    return Array.from({ length: count }, () => this.#start());
  }

  onPoll(environment: Environment): void {
    const start = this.#starting.get(environment);
    if (!start) return;
    if (environment.polls >= this.#workers) this.#settle(environment);
    else start.follow ??= setTimeout(() => this.#settle(environment), FOLLOW_MS);
  }

  /** Starts another environment in place of one that has ended by itself. */
  replace(environment: Environment): void {
    this.#settle(environment, environment.initError);
    if (this.#closed) return;
    if (environment.hasServed) {
      this.#useless = 0;
      void this.#start();
      return;
    }
    const delayMs = Math.min(RETRY_MS.first * 2 ** this.#useless, RETRY_MS.last);
    this.#useless += 1;
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      void this.#start();
    }, delayMs);
    this.#retries.add(retry);
  }

  /** Waits no longer for an environment that is being ended. */
  forget(environment: Environment): void {
    this.#settle(environment);
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetries();
    for (const environment of [...this.#starting.keys()]) this.#settle(environment);
  }

  #start(): Promise<InvocationResult | undefined> {
    const environment = this.#create();
    const ready = Promise.withResolvers<InvocationResult | undefined>();
    this.#starting.set(environment, { ready });
    return ready.promise;
  }

  #settle(environment: Environment, failure?: InvocationResult): void {
    const start = this.#starting.get(environment);
    if (!start) return;
    clearTimeout(start.follow);
    this.#starting.delete(environment);
    start.ready.resolve(failure);
  }

  #cancelRetries(): void {
    for (const retry of this.#retries) clearTimeout(retry);
    this.#retries.clear();
    this.#useless = 0;
  }
}
