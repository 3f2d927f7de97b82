/** The log streams of a function: one for each environment, the latest ended ones included. */

import type { LogLine, LogStream } from "../environment/log-stream.ts";

/** Streams kept of environments that have ended, so that they can still be read. */
const MAX_ENDED = 1_000;

/** What a stream holds at one moment. */
export interface LogStreamContent {
  name: string;
  /** Oldest first. */
  lines: readonly LogLine[];
}

export class LogStreams {
  readonly #streams = new Map<string, LogStream>();

  add(name: string, stream: LogStream): void {
    this.#streams.set(name, stream);
  }

  get(name: string): LogStream | undefined {
    return this.#streams.get(name);
  }

  /** All of them, in order of their environments' start. */
  list(): LogStreamContent[] {
    return [...this.#streams].map(([name, { history }]) => ({ name, lines: history }));
  }

  /** Drops the oldest streams of environments that have ended, when there are too many. */
  forgetOld(alive: ReadonlySet<string>): void {
    let surplus = this.#streams.size - alive.size - MAX_ENDED;
    for (const name of this.#streams.keys()) {
      if (surplus <= 0) return;
      if (!alive.has(name) && this.#streams.delete(name)) surplus -= 1;
    }
  }
}
