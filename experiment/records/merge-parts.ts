/**
 * Makes one experiment of the records of its parts, each of which one runner wrote, or of what k6 logged.
 * Lines are taken run by run as they are read, so that it does not matter how long the records are.
 */

import assert from "node:assert/strict";
import { plural } from "../../basics/counts.ts";
import { printable, printableName } from "../../basics/printable.ts";
import { shareOf, WHOLE } from "../core/plan/plan.ts";
import {
  type CrossCheckLine,
  isOfPart,
  type Observation,
  type RecordLine,
  type RunLine,
} from "../core/record-lines.ts";
import { targetIdentity } from "../core/target.ts";
import type { LoggedObservation } from "../k6/read-lines.ts";
import { begunRun, Fold, MisplacedLineError, type Series } from "./fold.ts";
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
 * Begins to read records. Parts of one experiment, whose runners agree, become one record, and so does
 * what k6 logged; any other stands alone. Parts come behind the others, since all must be looked at first.
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
    for (const those of parts.values()) {
      const [first, ...others] = those;
      // The record of one runner has its verdicts. k6 concludes nothing, and a log may have lines twice.
      yield others.length === 0 && !first.isLog ? first : mergeParts(those);
    }
  } finally {
    // Those that were never read may hold a pipe open.
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

/** What all parts of an experiment have in common; `undefined` of a record that is merged with none. */
function partKey({ first, isLog }: BegunRecord): string | undefined {
  if (first.type !== "run" || !(isLog || isOfPart(first))) return undefined;
  return JSON.stringify([first.experiment, ...Object.values(AGREED).map((of) => of(first))]);
}

/**
 * Merges the parts of one experiment, as {@link gatherRecords} finds them. The merged record has of each
 * run the line of each runner, its observations and a verdict, at last the verdict over all, unless one
 * runner ended early, and the cross-checks of all; verdicts are concluded anew. What stands on several
 * records counts once. Where a runner fired its part again, what it fired nearest to its time counts. What
 * is left out is noted. The order of the records makes no difference.
 */
export function mergeParts(records: readonly [BegunRecord, ...BegunRecord[]]): BegunRecord {
  const names = new Set(records.map(({ path }) => recordName(path)));
  const path = [...names].join(" + ");
  const notes: string[] = [];
  return {
    path,
    first: records[0].first,
    isLog: records.some(({ isLog }) => isLog),
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
  const crossChecks = new Map<string, CrossCheckLine>();
  const parts = records.map((record) => new PartReader(record, crossChecks));
  const taken = new Map<string, TakenRun>();
  const preferred = new Map<string | undefined, PartReader>();
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
      const known = taken.get(run) ?? { shots: new Map(), observed: new Map() };
      taken.set(run, known);
      const reading = parts.filter(({ head }) => head?.type === "run" && head.run === run);
      for (const part of reading) await part.readShots(run);
      reading.sort(compareParts);
      for (const line of chooseShots(reading, known, preferred)) yield take(line);
      // Two shots may have fallen at one time: then what is read first counts.
      const counting = new Set(preferred.values());
      reading.sort((a, b) => Number(counting.has(b)) - Number(counting.has(a)));
      for (const part of reading) {
        for await (const line of part.observations(taken)) yield take(line);
      }
      yield take({ type: "verdict", experiment, run, ...fold.runOf({ run }).conclusion });
    }
    assert(fold.id !== undefined, "the record of a part has a run");
    if (!isCutShort(fold.experiment)) {
      const { conclusion } = fold.experiment;
      yield take({ type: "verdict", experiment: fold.id, run: null, ...conclusion });
    }
    for (const line of crossChecks.values()) yield take(line);
    const isOne = new Set(parts.map((part) => part.name)).size === 1;
    for (const part of parts) {
      notes.push(...part.notes.map((note) => (isOne ? note : `${part.name}: ${note}`)));
    }
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

/**
 * Chooses of each runner the shot that counts: of the record whose shots counted before, so that one clock
 * measured all its runs, and else the one nearest to its time.
 *
 * @param reading the records of the run, in order
 * @param preferred by runner the record whose shots count, filled in here
 * @returns those that were not taken before, in the order of the runners
 */
function chooseShots(
  reading: readonly PartReader[],
  { shots }: TakenRun,
  preferred: Map<string | undefined, PartReader>,
): RunLine[] {
  const fired = reading.flatMap((part) => part.shots.map((line) => ({ part, line })));
  const lines: RunLine[] = [];
  for (const [runner, those] of Map.groupBy(fired, ({ line }) => line.runner)) {
    if (shots.has(runner)) continue;
    const [nearest] = those.toSorted((a, b) => compareShots(a.line, b.line));
    const shot = those.find(({ part }) => part === preferred.get(runner)) ?? nearest;
    assert(shot, "a group has a member");
    preferred.set(runner, shot.part);
    shots.set(runner, shot.line.startedAt);
    lines.push(shot.line);
  }
  return lines.sort((a, b) => numberOf(a) - numberOf(b));
}

/** The order in which records of a run are read: by what they hold, and else by their names. */
function compareParts(one: PartReader, other: PartReader): number {
  const [a, b] = [one.shots[0], other.shots[0]];
  assert(a && b, "a record that is read begins with a shot");
  return (
    numberOf(a) - numberOf(b) ||
    compareShots(a, b) ||
    Number(one.firstRequest > other.firstRequest) - Number(one.firstRequest < other.firstRequest)
  );
}

/** The shot nearer to the time of all runners comes first; of two as near the earlier one. */
function compareShots(a: RunLine, b: RunLine): number {
  const offMs = ({ startedAt, startAt = startedAt }: RunLine) =>
    Math.abs(Date.parse(startedAt) - Date.parse(startAt));
  return offMs(a) - offMs(b) || Date.parse(a.startedAt) - Date.parse(b.startedAt);
}

/** Which runner a line is of, from 0. */
function numberOf({ runner, runners = [] }: RunLine): number {
  return runner === undefined ? 0 : runners.indexOf(runner);
}

/** Whether one runner fired, and less than it was to: it did not live to conclude. */
function isCutShort({ line, runs }: Series): boolean {
  if (runs.some(({ starts }) => starts.length > 1)) return false;
  const { plan, runner, runners = [] } = line;
  const share = runner === undefined ? WHOLE : { number: numberOf(line) + 1, of: runners.length };
  const planned = plan.stages.reduce((sum, { requests }) => sum + shareOf(requests, share), 0);
  return runs.reduce((sum, { ended }) => sum + ended, 0) < planned;
}

/** Reads the record of a part, and leaves out what other records have. */
class PartReader {
  /** What the record is called where it is spoken of. */
  readonly name: string;
  /** The line that is taken next; verdicts are of the part alone, and not taken. */
  head: RunLine | Observation | undefined;
  /** The latest of each runner that begins the run that is read: observations behind are of these. */
  shots: readonly RunLine[] = [];
  readonly #record: BegunRecord;
  readonly #lines: AsyncIterator<RecordLine>;
  readonly #crossChecks: Map<string, CrossCheckLine>;
  /** Runners of which another shot than here counts, in any run. */
  readonly #leftOut = new Set<string | undefined>();
  #repeated = 0;
  #doubled = 0;

  /** @param crossChecks by their text, filled by all parts */
  constructor(record: BegunRecord, crossChecks: Map<string, CrossCheckLine>) {
    this.name = printable(recordName(record.path));
    this.#record = record;
    this.#lines = record.lines[Symbol.asyncIterator]();
    this.#crossChecks = crossChecks;
  }

  async advance(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      const line: RecordLine | undefined = done ? undefined : value;
      // It is of all parts, from when they were merged before: of one alone the log is not asked.
      if (line?.type === "cross-check") this.#crossChecks.set(JSON.stringify(line), line);
      else if (line?.type !== "verdict") {
        this.head = line;
        return;
      }
    }
  }

  /** Reads the lines of runners that begin a run, up to its first observation. */
  async readShots(run: string): Promise<void> {
    const shots = new Map<string | undefined, RunLine>();
    for (; this.head?.type === "run" && this.head.run === run; await this.advance()) {
      shots.set(this.head.runner, this.head);
    }
    this.shots = [...shots.values()];
  }

  /** What tells records of the same shots apart: what became of their first request, and the name. */
  get firstRequest(): string {
    const seen = this.head?.type === "observation" ? observedText(this.head) : "";
    return `${seen} ${this.name}`;
  }

  /** The observations that stand behind these and count. */
  async *observations(taken: ReadonlyMap<string, TakenRun>): AsyncGenerator<Observation> {
    const again = this.shots.filter(
      ({ run, runner, startedAt }) => taken.get(run)?.shots.get(runner) !== startedAt,
    );
    const firedAgain = new Set(again.map(({ runner }) => runner));
    for (const runner of firedAgain) this.#leftOut.add(runner);
    for (; this.head?.type === "observation"; await this.advance()) {
      const { run, runner, index } = this.head;
      const { observed } = begunRun(taken, { run });
      if (firedAgain.has(runner)) continue;
      const text = observedText(this.head);
      const known = observed.get(index);
      if (known === undefined) {
        observed.set(index, text);
        yield this.head;
      } else if (known === text) this.#repeated += 1;
      else this.#doubled += 1;
    }
  }

  /** What a reader must know of it, as sentences. */
  get notes(): string[] {
    const notes = [...this.#record.notes];
    if (this.#repeated > 0) {
      notes.push(
        `Counted once, since it was read before: ${plural(this.#repeated, "observation")}.`,
      );
    }
    const told = this.#record.isLog ? "" : "; what it shows is told of this record alone";
    for (const runner of this.#leftOut) {
      const what = runner === undefined ? "was" : printableName(runner);
      notes.push(`Left out: what ${what} fired again. Its times count from another shot${told}.`);
    }
    if (this.#doubled > 0) {
      notes.push(
        `Left out: ${plural(this.#doubled, "request")} with numbers of others that count. ` +
          "Two runners may have fired the same part.",
      );
    }
    return notes;
  }

  /** Ends the reading, wherever it is. */
  async close(): Promise<void> {
    await this.#lines.return?.();
  }
}

/** What became of a request, as far as it tells it from another one with its number. */
function observedText({ sentAt, answeredAt, requestId }: Observation): string {
  return JSON.stringify([sentAt, answeredAt, requestId]);
}

// What k6 logged: the lines of a runner may stand among those of others

/** What one runner fired of a run by one shot. */
interface Shot {
  line?: RunLine;
  observations: Observation[];
}

type WholeShot = Required<Shot>;

/**
 * Reads a log to its end. k6 concludes nothing, so the records have no verdicts. What a runner fired again
 * is a record of its own, with the later shots.
 *
 * @throws ExperimentError when no run begins in it
 */
async function partsOfLog({ path, lines, notes }: BegunRecord): Promise<BegunRecord[]> {
  const shots = new Map<string, Shot>();
  const shotOf = (line: RunLine | Observation, startedAt: string): Shot => {
    const key = JSON.stringify([line.run, line.runner, startedAt]);
    const shot = shots.get(key) ?? { observations: [] };
    shots.set(key, shot);
    return shot;
  };
  for await (const line of lines) {
    if (line.type === "run") {
      shotOf(line, line.startedAt).line ??= line;
    } else if (line.type === "observation") {
      const { startedAt, ...observation } = line as LoggedObservation;
      shotOf(observation, startedAt).observations.push(observation);
    }
  }
  const begun: WholeShot[] = [];
  let lost = 0;
  for (const { line, observations } of shots.values()) {
    if (line) begun.push({ line, observations });
    else lost += observations.length;
  }
  if (begun.length === 0) {
    const error = new MisplacedLineError("the beginning of the log is missing");
    throw notReportable(recordName(path), error);
  }
  if (lost > 0) {
    notes.push(`Left out: ${plural(lost, "answer")} of runs whose beginning is not in the log.`);
  }
  return byPart(begun).map((part, index) => ({
    path,
    first: part[0].line,
    isLog: true,
    lines: linesOf(part),
    // What was found of the log is said once.
    notes: index === 0 ? notes : [],
  }));
}

/** The shots of each runner, one of each run, in order; those that it fired again stand apart. */
function byPart(shots: readonly WholeShot[]): [WholeShot, ...WholeShot[]][] {
  const inOrder = shots.toSorted(
    ({ line: a }, { line: b }) =>
      a.index - b.index || Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );
  const fired = new Map<string, number>();
  const parts = new Map<string, [WholeShot, ...WholeShot[]]>();
  for (const shot of inOrder) {
    const { experiment, run, runner } = shot.line;
    const ofRun = JSON.stringify([run, runner]);
    const before = fired.get(ofRun) ?? 0;
    fired.set(ofRun, before + 1);
    const key = JSON.stringify([experiment, runner, before]);
    const part = parts.get(key);
    if (part) part.push(shot);
    else parts.set(key, [shot]);
  }
  return [...parts.values()];
}

async function* linesOf(part: readonly WholeShot[]): AsyncGenerator<RecordLine> {
  for (const { line, observations } of part) {
    yield line;
    yield* observations;
  }
}
