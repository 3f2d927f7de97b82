/** The environments of a pool: which exist, which may start now, and the logs of all. */

import { availableParallelism } from "node:os";
import type { LogStream } from "../environment/log-stream.ts";
import { type LogStreamContent, LogStreams } from "./log-streams.ts";

/**
 * Processes that initialize at a time. More would only take turns on the same cores, and all of them
 * would be ready late; like this the first ones serve while the last ones start.
 */
const MAX_BOOTING = 2 * availableParallelism();

/** What every kind of environment can do. */
export interface Hosted {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log: LogStream;
  /** Resolves once the process runs, long before it can serve; never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What happens around the environments of a pool, and is not the pool's to know. */
export interface Surroundings {
  /**
   * Called with each line that an environment logs, and the request that it belongs to as far as that
   * is known.
   */
  onLog?: ((environment: string, text: string, requestId: string | undefined) => void) | undefined;
  /** Resolves when the code is there to be loaded. */
  codeIsCalm?: (() => Promise<void>) | undefined;
}

export class EnvironmentRegistry<E extends Hosted> {
  readonly #surroundings: Surroundings;
  readonly #environments = new Set<E>();
  readonly #streams = new LogStreams();
  readonly #queue: E[] = [];
  readonly #booting = new Set<E>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
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

  /** Takes a new environment in and starts it, when as many initialize as the machine can carry. */
  add(environment: E): void {
    this.#environments.add(environment);
    environment.log.onLine = (text, requestId) =>
      this.#surroundings.onLog?.(environment.id, text, requestId);
    this.#streams.add(environment.id, environment.log);
    this.#queue.push(environment);
    this.#startQueued();
  }

  /** It has initialized, or never will. */
  booted(environment: E): void {
    if (this.#booting.delete(environment)) this.#startQueued();
  }

  /** Forgets an environment and ends it; its log is kept. */
  async end(environment: E): Promise<void> {
    this.#environments.delete(environment);
    const queuedAt = this.#queue.indexOf(environment);
    if (queuedAt >= 0) this.#queue.splice(queuedAt, 1);
    this.booted(environment);
    await environment.stop();
    this.#streams.forgetOld(new Set(this.ids));
  }

  /** Ends all of them, and starts none of those that wait for their turn. */
  async close(): Promise<void> {
    this.#queue.length = 0;
    await Promise.all(this.all.map((environment) => this.end(environment)));
  }

  #startQueued(): void {
    while (this.#booting.size < MAX_BOOTING) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#booting.add(next);
      void this.#start(next);
    }
  }

  /** What is edited ends all environments; one that was to be started may be among them. */
  async #start(environment: E): Promise<void> {
    await this.#surroundings.codeIsCalm?.();
    if (this.#environments.has(environment)) await environment.start();
  }
}
