/** The log of one environment: the latest lines that its processes wrote. */

import type { Readable } from "node:stream";

/** How many lines a stream keeps; older ones are dropped. */
const MAX_LINES = 1_000;
/** A line longer than this, in characters, is cut. */
const MAX_LINE_LENGTH = 10_000;

export class LogStream {
  #lines: string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Adds one line of JSON about what the service did, in the form of Lambda's platform events. */
  platform(type: string, record: Record<string, unknown>): void {
    const time = new Date().toISOString();
    this.#append(JSON.stringify({ time, type: `platform.${type}`, record }));
  }

  /** Follows what a process writes until it closes. */
  follow(output: Readable): void {
    let rest = "";
    output
      .setEncoding("utf8")
      .on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = (lines.pop() ?? "").slice(0, MAX_LINE_LENGTH);
        for (const line of lines) this.#append(line);
      })
      .on("close", () => {
        if (rest !== "") this.#append(rest);
        rest = "";
      });
  }

  #append(line: string): void {
    this.#lines.push(line.slice(0, MAX_LINE_LENGTH));
    // Cut in bulk: dropping one line at a time would move the whole array each time.
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
  }
}
