/** A log group of CloudWatch Logs. */

import type { LogStreamContent } from "../../../local-lambda/pool/log-streams.ts";

/** Tells the streams of one embedded Lambda as they are now. */
type LogSource = () => LogStreamContent[];

export class LogGroup {
  readonly #sources: LogSource[] = [];

  /** Adds what writes into it: one source a start of the embedded Lambda. It outlives that. */
  add(source: LogSource): void {
    this.#sources.push(source);
  }

  get streams(): LogStreamContent[] {
    return this.#sources.flatMap((source) => source());
  }
}
