/** The log of each environment: the latest lines that its processes wrote. */

import type { Readable } from "node:stream";

/** How many lines a stream keeps; older ones are dropped. */
const MAX_LINES = 1_000;
/** A line longer than this, in characters, is cut. */
const MAX_LINE_LENGTH = 10_000;
/** How many characters a stream keeps: code that floods its log must not fill this process. */
const MAX_LENGTH = 1_000_000;

type OnLine = (text: string, requestId: string | undefined) => void;

export class LogStream {
  readonly #onLine: OnLine;
  #lines: string[] = [];
  /** Characters in all of them. */
  #length = 0;
  readonly #inside = new Set<string>();
  #writer: string | undefined;

  /** @param onLine called with each line as it comes, and its request as far as that is known */
  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines];
  }

  /** A request is inside from here to {@link leave}. */
  enter(requestId: string): void {
    this.#inside.add(requestId);
    this.#findWriter();
  }

  leave(requestId: string): void {
    this.#inside.delete(requestId);
    this.#findWriter();
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
        rest = cut(lines.pop() ?? "");
        for (const line of lines) this.#append(line);
      })
      .on("close", () => {
        if (rest !== "") this.#append(rest);
        rest = "";
      });
  }

  /** What the last one inside has written may arrive a moment after its answer. */
  #findWriter(): void {
    const [only] = this.#inside;
    if (this.#inside.size > 1) this.#writer = undefined;
    else this.#writer = only ?? this.#writer;
  }

  #append(line: string): void {
    const text = cut(line);
    this.#onLine(text, this.#writer);
    this.#lines.push(text);
    this.#length += text.length;
    // In bulk: dropping one line at a time would move the whole array each time.
    if (this.#lines.length > 2 * MAX_LINES || this.#length > 2 * MAX_LENGTH) this.#dropOld();
  }

  #dropOld(): void {
    const kept: string[] = [];
    this.#length = 0;
    for (const line of this.#lines.slice(-MAX_LINES).reverse()) {
      if (this.#length + line.length > MAX_LENGTH) break;
      this.#length += line.length;
      kept.push(line);
    }
    this.#lines = kept.reverse();
  }
}

/** Streams kept of environments that have ended, so that they can still be read. */
const MAX_ENDED = 1_000;

/** One stream for each environment of a function, the latest ended ones included. */
export class LogStreams {
  readonly #streams = new Map<string, LogStream>();

  add(name: string, stream: LogStream): void {
    this.#streams.set(name, stream);
  }

  get(name: string): LogStream | undefined {
    return this.#streams.get(name);
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

/** A part of a text would keep all of it in memory: it is copied. A sign says that there was more. */
function cut(text: string): string {
  if (text.length <= MAX_LINE_LENGTH) return text;
  return Buffer.from(`${text.slice(0, MAX_LINE_LENGTH)}…`).toString();
}
