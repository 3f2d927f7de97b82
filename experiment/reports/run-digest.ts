/** What is kept of one run in order to show it: the first answers whole, of the others a number. */

import type { Observation, RunLine } from "../core/record-lines.ts";
import type { Evidence } from "../core/verdict/evidence.ts";

/** Requests that are shown in full. */
export const SHOWN_REQUESTS = 20;

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
    if (observation.index < SHOWN_REQUESTS) this.#shown.push(observation);
    this.#count(observation, observation.response?.environment?.coldStart);
  }

  /** Counts a request of which only the evidence is at hand, so that it cannot be shown. */
  addEvidence(evidence: Evidence): void {
    this.#count(evidence, evidence.report?.coldStart);
  }

  #count(request: Evidence | Observation, coldStart: boolean | undefined): void {
    this.#observed += 1;
    if (coldStart === true) this.cold += 1;
    if (coldStart === false) this.warm += 1;
    const { outcome, sentAt, answeredAt } = request;
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
  get latencies(): ArrayLike<number> {
    return new Float64Array(this.#latencies).sort();
  }
}
