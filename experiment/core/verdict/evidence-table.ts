/**
 * The evidence of one run's requests, kept in few large blocks of memory. A million objects with a
 * dozen strings each would cost the garbage collector more than parsing a record takes.
 */

import type { Evidence, Report } from "./evidence.ts";
import {
  COLUMN,
  type Ending,
  FLAG,
  type Identity,
  ReportedRow,
  Row,
  WIDTH,
} from "./evidence-row.ts";

const FIRST_ROWS = 1_024;

/** The evidence of one run, in order of arrival. */
export class EvidenceTable {
  readonly run: string;
  #numbers = new Float64Array(FIRST_ROWS * WIDTH);
  #text = Buffer.alloc(FIRST_ROWS * 36);
  #textSize = 0;
  readonly #identities: (Identity | undefined)[] = [];
  readonly #endings: Ending[] = [];
  /** By instance the one that was seen first: another one would be a contradiction. */
  readonly #firstIdentities = new Map<string, Identity>();
  readonly #otherIdentities = new Map<string, Identity>();
  readonly #firstEndings = new Map<string, Ending>();
  readonly #otherEndings = new Map<string, Ending>();

  constructor(run: string) {
    this.run = run;
  }

  add(evidence: Evidence): void {
    const { index, sentAt = Number.NaN, answeredAt = Number.NaN, report } = evidence;
    const start = this.#endings.length * WIDTH;
    if (start + WIDTH > this.#numbers.length) this.#numbers = doubled(this.#numbers);
    const numbers = this.#numbers;
    numbers[start + COLUMN.index] = index;
    numbers[start + COLUMN.sentAt] = sentAt;
    numbers[start + COLUMN.answeredAt] = answeredAt;
    numbers[start + COLUMN.text] = this.#textSize;
    if (report) {
      numbers[start + COLUMN.enteredAt] = report.enteredAt;
      numbers[start + COLUMN.leftAt] = report.leftAt;
      numbers[start + COLUMN.counter] = report.counter;
      numbers[start + COLUMN.inFlightOnEntry] = report.inFlightOnEntry;
      numbers[start + COLUMN.inFlightPeak] = report.inFlightPeak;
      numbers[start + COLUMN.flags] =
        (report.coldStart ? FLAG.coldStart : 0) |
        (report.mixed ? FLAG.mixed : 0) |
        (report.misdelivered ? FLAG.misdelivered : 0) |
        (report.miscounted ? FLAG.miscounted : 0);
      this.#addText(report.requestId);
    }
    this.#identities.push(report && this.#identity(report));
    this.#endings.push(this.#ending(evidence));
  }

  /** The evidence of every request that was added until now; each is a view of its row. */
  rows(): Evidence[] {
    const blocks = {
      run: this.run,
      numbers: this.#numbers.subarray(0, this.#endings.length * WIDTH),
      text: this.#text,
      textSize: this.#textSize,
    };
    return this.#endings.map((ending, row) => {
      const identity = this.#identities[row];
      return identity
        ? new ReportedRow(blocks, row, ending, identity)
        : new Row(blocks, row, ending);
    });
  }

  #addText(text: string): void {
    if (this.#textSize + 3 * text.length > this.#text.length) {
      const larger = Buffer.alloc(2 * this.#text.length + 3 * text.length);
      this.#text.copy(larger);
      this.#text = larger;
    }
    this.#textSize += this.#text.write(text, this.#textSize);
  }

  #identity(report: Report): Identity {
    const { environment, pid, process, threadId, thread, instance } = report;
    const first = this.#firstIdentities.get(instance);
    if (first && first.environment === environment && first.pid === pid) {
      if (first.threadId === threadId) return first;
    }
    const identity = { environment, pid, process, threadId, thread, instance };
    if (!first) this.#firstIdentities.set(instance, identity);
    return getOrAdd(
      this.#otherIdentities,
      JSON.stringify([instance, environment, pid, threadId]),
      identity,
    );
  }

  #ending({ client, outcome, message }: Evidence): Ending {
    const first = this.#firstEndings.get(client);
    if (first && first.outcome === outcome && first.message === message) return first;
    const ending = { client, outcome, message };
    if (!first) this.#firstEndings.set(client, ending);
    return getOrAdd(this.#otherEndings, JSON.stringify([client, outcome, message]), ending);
  }
}

function getOrAdd<T>(known: Map<string, T>, key: string, added: T): T {
  const value = known.get(key);
  if (value !== undefined) return value;
  known.set(key, added);
  return added;
}

function doubled(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
