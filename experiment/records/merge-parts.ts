/**
 * Makes one experiment of the records of its parts, each of which one runner wrote. Lines are taken run
 * by run as they are read, so that it does not matter how long the records are.
 */

import assert from "node:assert/strict";
import { plural } from "../../basics/counts.ts";
import { printable, printableName } from "../../basics/printable.ts";
import { isOfPart, type Observation, type RecordLine, type RunLine } from "../core/record-lines.ts";
import { targetIdentity } from "../core/target.ts";
import { Fold, MisplacedLineError } from "./fold.ts";
import { partsOfLog } from "./parts-of-log.ts";
import { type BegunRecord, beginRecord, notReportable } from "./read-record.ts";
import { recordName } from "./record-text.ts";

/** What the runners of one experiment agree on beside its id, by what it is called. */
const AGREED = {
  plan: ({ plan }: RunLine) => JSON.stringify(plan),
  target: ({ target }: RunLine) => targetIdentity(target),
  parts: ({ runners }: RunLine) => JSON.stringify(runners),
  time: ({ startAt }: RunLine) => startAt,
};

/** In what the first runs of two records of an experiment differ: where in anything, they are not of one. */
export function disagreements(one: RunLine, other: RunLine): string[] {
  return Object.entries(AGREED).flatMap(([what, of]) => (of(one) === of(other) ? [] : [what]));
}

/**
 * Begins to read records. Parts of one experiment, whose runners agree, become one record; any other
 * stands alone. Parts come behind the others, since all must be looked at first.
 *
 * @throws ExperimentError when a file cannot be read, or begins as no record
 */
export async function* gatherRecords(paths: readonly string[]): AsyncGenerator<BegunRecord> {
  const parts = new Map<string, [BegunRecord, ...BegunRecord[]]>();
  try {
    for await (const record of begunRecords(paths)) {
      const key = partKey(record);
      const known = key === undefined ? undefined : parts.get(key);
      if (key === undefined) yield record;
      else if (known) known.push(record);
      else parts.set(key, [record]);
    }
    for (const those of parts.values()) yield those.length === 1 ? those[0] : mergeParts(those);
  } finally {
    // Those that were never read hold their files open.
    const begun = [...parts.values()].flat();
    await Promise.all(begun.map(({ lines }) => lines[Symbol.asyncIterator]().return?.()));
  }
}

async function* begunRecords(paths: readonly string[]): AsyncGenerator<BegunRecord> {
  for (const path of paths) {
    const record = await beginRecord(path);
    if (record.isLog) yield* await partsOfLog(record);
    else yield record;
  }
}

/** What all parts of an experiment have in common; `undefined` of a record that is of no part. */
function partKey({ first }: BegunRecord): string | undefined {
  if (first.type !== "run" || !isOfPart(first)) return undefined;
  return JSON.stringify([first.experiment, ...Object.values(AGREED).map((of) => of(first))]);
}

/**
 * Merges the parts of one experiment, as {@link gatherRecords} finds them. The merged record has of each
 * run the line of each runner, its observations and a verdict, and at last the verdict over all; verdicts
 * are concluded anew. What stands on several records counts once, and what one runner fired again is
 * left out: both are noted.
 */
export function mergeParts(records: readonly [BegunRecord, ...BegunRecord[]]): BegunRecord {
  const path = records.map((record) => recordName(record.path)).join(" + ");
  const notes: string[] = [];
  return {
    path,
    first: records[0].first,
    isLog: false,
    lines: mergedLines(records, path, notes),
    notes,
  };
}

async function* mergedLines(
  records: readonly BegunRecord[],
  name: string,
  notes: string[],
): AsyncGenerator<RecordLine> {
  const fold = new Fold();
  const taken = new Map<string, TakenRun>();
  const parts = records.map((record) => new PartReader(record, taken));
  const take = (line: RecordLine): RecordLine => {
    fold.take(line);
    return line;
  };
  try {
    for (const part of parts) await part.advance();
    for (;;) {
      const [first] = parts
        .flatMap(({ head }) => (head?.type === "run" ? [head] : []))
        .sort((a, b) => a.index - b.index);
      if (!first) break;
      const { experiment, run } = first;
      const reading = parts.filter(({ head }) => head?.type === "run" && head.run === run);
      for (const part of reading) for await (const line of part.starts(run)) yield take(line);
      for (const part of reading) for await (const line of part.observations()) yield take(line);
      yield take({ type: "verdict", experiment, run, ...fold.runOf({ run }).conclusion });
    }
    assert(fold.id !== undefined, "the record of a part has a run");
    const { conclusion } = fold.experiment;
    yield take({ type: "verdict", experiment: fold.id, run: null, ...conclusion });
    notes.push(...parts.flatMap((part) => part.notes));
  } catch (error) {
    throw notReportable(name, error);
  } finally {
    await Promise.all(parts.map((part) => part.close()));
  }
}

/** What was taken of a run, from whichever record. */
interface TakenRun {
  /** By runner when its shot fell, whose observations count. */
  shots: Map<string | undefined, string>;
  /** Its requests, and how each was observed: another observation of one is of another request. */
  observed: Map<number, string>;
}

/** Reads the record of a part, and leaves out what other records have. */
class PartReader {
  /** The line that is taken next; verdicts and cross-checks are of the part alone, and not taken. */
  head: RunLine | Observation | undefined;
  readonly #record: BegunRecord;
  readonly #lines: AsyncIterator<RecordLine>;
  readonly #taken: Map<string, TakenRun>;
  /** Runners whose shot of the run that is read is another one than was taken. */
  readonly #firedAgain = new Set<string | undefined>();
  /** All that were, in any run, by name. */
  readonly #leftOut = new Set<string>();
  #repeated = 0;
  #doubled = 0;

  /** @param taken by run, shared by all parts */
  constructor(record: BegunRecord, taken: Map<string, TakenRun>) {
    this.#record = record;
    this.#lines = record.lines[Symbol.asyncIterator]();
    this.#taken = taken;
  }

  async advance(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      const line: RecordLine | undefined = done ? undefined : value;
      if (line?.type === "verdict" || line?.type === "cross-check") continue;
      this.head = line;
      return;
    }
  }

  /** The lines of runners that begin a run. */
  async *starts(run: string): AsyncGenerator<RunLine> {
    this.#firedAgain.clear();
    for (; this.head?.type === "run" && this.head.run === run; await this.advance()) {
      const { head } = this;
      const { runner, startedAt } = head;
      const taken = this.#taken.get(run) ?? { shots: new Map(), observed: new Map() };
      this.#taken.set(run, taken);
      const shot = taken.shots.get(runner);
      if (shot === undefined) {
        taken.shots.set(runner, startedAt);
        yield head;
      } else if (shot !== startedAt) {
        this.#firedAgain.add(runner);
        this.#leftOut.add(runner ?? "");
      }
    }
  }

  /** The observations that stand behind these. */
  async *observations(): AsyncGenerator<Observation> {
    for (; this.head?.type === "observation"; await this.advance()) {
      const { run, runner, index, sentAt, answeredAt, requestId } = this.head;
      const taken = this.#taken.get(run);
      if (!taken) throw new MisplacedLineError("an observation is of a run that did not begin");
      if (this.#firedAgain.has(runner)) continue;
      const observed = JSON.stringify([sentAt, answeredAt, requestId]);
      const known = taken.observed.get(index);
      if (known === undefined) {
        taken.observed.set(index, observed);
        yield this.head;
      } else if (known === observed) this.#repeated += 1;
      else this.#doubled += 1;
    }
  }

  /** What a reader must know of it, as sentences. */
  get notes(): string[] {
    const name = printable(recordName(this.#record.path));
    const notes = [...this.#record.notes];
    if (this.#repeated > 0) {
      notes.push(
        `Counted once, since it was read before: ${plural(this.#repeated, "observation")}.`,
      );
    }
    for (const runner of this.#leftOut) {
      notes.push(
        `Left out: what ${printableName(runner)} fired again. Its times count from another shot; ` +
          "what it shows is told of this record alone.",
      );
    }
    if (this.#doubled > 0) {
      notes.push(
        `Left out: ${plural(this.#doubled, "request")} with numbers of others that count. ` +
          "Two runners may have fired the same part.",
      );
    }
    return notes.map((note) => `${name}: ${note}`);
  }

  /** Ends the reading, wherever it is. */
  async close(): Promise<void> {
    await this.#lines.return?.();
  }
}
