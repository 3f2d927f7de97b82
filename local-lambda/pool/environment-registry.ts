/** The environments of a pool: which exist, which may start now, and the logs of all. */

import { availableParallelism } from "node:os";
import type { EnvironmentPlan } from "../environment/environment-process.ts";
import { type LogStream, type LogStreamContent, LogStreams } from "../environment/log-stream.ts";

/**
 * Processes that initialize at a time. More would only take turns on the same cores, and all of them
 * would be ready late; like this the first ones serve while the last ones start.
 */
const MAX_BOOTING = 2 * availableParallelism();

/** What a pool is made from: the plan of its environments, and what happens around them. */
export interface PoolPlan extends EnvironmentPlan {
  /**
   * Called with each line that an environment logs, and the request that it belongs to as far as that
   * is known.
   */
  onLog?: ((environment: string, text: string, requestId: string | undefined) => void) | undefined;
  /** Resolves when the code is there to be loaded. */
  codeIsCalm?: (() => Promise<void>) | undefined;
}

/** What every kind of environment can do. */
interface Hosted {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log: LogStream;
  /** It can take another request now. */
  readonly isFree: boolean;
  /** Resolves when others need not wait for it: it can serve, takes long, or is over; never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export class EnvironmentRegistry<E extends Hosted = Hosted> {
  readonly #plan: PoolPlan;
  readonly #environments = new Set<E>();
  readonly #streams = new LogStreams();
  /** Lets the next one start, for each that waits. */
  readonly #queue: (() => void)[] = [];
  #booting = 0;

  constructor(plan: PoolPlan) {
    this.#plan = plan;
  }

  /** Those that exist now, in order of their start. */
  get all(): E[] {
    return [...this.#environments];
  }

  get ids(): string[] {
    return this.all.map(({ id }) => id);
  }

  /** The lines that an environment logged, oldest first; empty for one that is unknown. */
  logOf(id: string): readonly string[] {
    return this.#streams.get(id)?.lines ?? [];
  }

  /** All log streams, the latest ones of environments that have ended included. */
  streams(): LogStreamContent[] {
    return this.#streams.list();
  }

  /**
   * Takes a new environment in and starts it, when as many initialize as the machine can carry.
   * Resolves when it has started, or has ended before its turn came.
   */
  async add(environment: E): Promise<void> {
    const { id, log } = environment;
    this.#environments.add(environment);
    log.onLine = (text, requestId) => this.#plan.onLog?.(id, text, requestId);
    this.#streams.add(id, log);
    if (this.#booting < MAX_BOOTING) this.#booting += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    if (this.#environments.has(environment)) await this.#plan.codeIsCalm?.();
    // What is edited ends all environments; one that was to be started may be among them.
    if (this.#environments.has(environment)) await environment.start();
    const startNext = this.#queue.shift();
    if (startNext) startNext();
    else this.#booting -= 1;
  }

  /** Forgets an environment and ends it; its log is kept. */
  async end(environment: E): Promise<void> {
    this.#environments.delete(environment);
    await environment.stop();
    this.#streams.forgetOld(new Set(this.ids));
  }

  /** Ends all of them, and starts none of those that wait for their turn. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((environment) => this.end(environment)));
  }
}
