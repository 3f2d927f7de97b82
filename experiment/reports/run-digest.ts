/** What is kept of one run in order to show it: the first answers whole, of the others a number. */

import type { Observation, RunLine } from "../core/record-lines.ts";

/** Requests that are shown in full. */
const SHOWN_REQUESTS = 20;

export class RunDigest {
  readonly run: RunLine;
  readonly #shown: Observation[] = [];
  readonly #latencies: number[] = [];
  #observed = 0;
  /** Answers that said so of themselves. */
  cold = 0;
  warm = 0;

  constructor(run: RunLine) {
    this.run = run;
  }

  add(observation: Observation): void {
    this.#observed += 1;
    if (observation.index < SHOWN_REQUESTS) this.#shown.push(observation);
    const { outcome, sentAt, answeredAt, response } = observation;
    if (response?.environment?.coldStart === true) this.cold += 1;
    if (response?.environment?.coldStart === false) this.warm += 1;
    if (outcome === "ok" && sentAt !== undefined && answeredAt !== undefined) {
      this.#latencies.push(answeredAt - sentAt);
    }
  }

  /** The requests that are shown, by their number. */
  get shown(): readonly Observation[] {
    return this.#shown.toSorted((a, b) => a.index - b.index);
  }

  /** How many more were observed. */
  get hidden(): number {
    return this.#observed - this.#shown.length;
  }

  /** Milliseconds from sending to answer of the `ok` ones, ascending. */
  get latencies(): readonly number[] {
    return this.#latencies.toSorted((a, b) => a - b);
  }
}
