/** Reads records: the border at which lines that somebody may have edited are checked. */

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { plural } from "../../basics/counts.ts";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { MOST_MS, type Observation, OUTCOMES, type RecordLine } from "../core/record-lines.ts";
import { isK6Line, parseK6Line } from "../k6/read-lines.ts";
import { type Fold, MisplacedLineError } from "./fold.ts";
import { type Batch, isBlank, readTexts, recordName } from "./record-text.ts";
import { type LineProblem, lineProblem, recordLineSchema } from "./schema.ts";

/** Why a file that holds both is refused: what stands behind would be of another reading. */
const MIXED = "logs of k6 and records cannot stand in one file: name them as files of their own";

/** More than k6 and whatever runs it say before the first line of the script. */
const MOST_NOISE = 1_000;

/**
 * Reads a record line by line, so that its size does not matter. Blank lines are left out, and what
 * was cut off at its end, as a runner that was killed leaves it. Of what k6 logged, the lines that this
 * program's script printed are read, and what else was logged is left out. A file holds one or the other.
 *
 * @param path of a file, or `-` for standard input
 * @param onCutOff called when the end was cut off, with sentences that say so
 * @param onLog called when it shows that k6 logged the lines
 * @throws ExperimentError when the file cannot be read, or a line is none of a record
 */
export async function* readRecord(
  path: string,
  onCutOff: (words: string) => unknown = () => {},
  onLog: () => void = () => {},
): AsyncGenerator<RecordLine> {
  let number = 0;
  let isCut = false;
  /** Whether it is what k6 logged, as soon as a line tells. */
  let isLog: boolean | undefined;
  /** The first line that is wrong: it may have been cut off, unless others follow, or k6 logged it. */
  let broken: LineProblem | undefined;
  let noise = 0;
  /** Lines of the script that were cut off, or mixed with others. */
  let lostOfLog = 0;
  for await (const { unit, texts, isCut: endsHere = false } of batchesOf(path)) {
    isCut = endsHere;
    for (const text of texts) {
      number += 1;
      const line = isLog ? undefined : parseLine(text);
      const logged = line ? undefined : parseLogged(text);
      if (logged) {
        if (isLog === false) throw unreadable(path, `${unit} ${number} is of k6, and ${MIXED}`);
        if (!isLog) onLog();
        isLog = true;
        broken = undefined;
        yield logged;
      } else if (line) {
        if (broken) throw unreadable(path, broken.words);
        isLog = false;
        yield line;
      } else if (isLog) {
        if (isK6Line(text)) lostOfLog += 1;
        else if (parseLine(text)) {
          throw unreadable(path, `${unit} ${number} is of a record, and ${MIXED}`);
        }
      } else if (!isBlank(text)) {
        noise += 1;
        if (isK6Line(text)) lostOfLog += 1;
        if (!broken) {
          const { words, isJson } = lineProblem(text);
          broken = { words: `${unit} ${number}: ${words}`, isJson };
        }
        const mayBeLog = isLog === undefined && noise < MOST_NOISE;
        if (!mayBeLog && (broken.isJson || noise > 1)) throw unreadable(path, broken.words);
      }
    }
  }
  if (isLog === undefined) {
    const isOther = broken && (broken.isJson || noise > 1);
    throw unreadable(path, isOther && broken ? broken.words : "it holds no line of one");
  }
  if (isCut) onCutOff("The record's compressed data end too early. What stands before is read.");
  else if (broken !== undefined) onCutOff("The record's last line is cut off, and left out.");
  if (isLog && lostOfLog > 0) {
    onCutOff(
      `Left out: ${plural(lostOfLog, "line")} of k6, cut off or broken, which cannot be read.`,
    );
  }
}

/** A record of which the first line was read, and the others are when they are asked for. */
export interface BegunRecord {
  path: string;
  first: RecordLine;
  /** Whether k6 logged it: lines of several runners may stand among each other. */
  isLog: boolean;
  /** All lines, with the first one. They come once: it may be a pipe. */
  lines: AsyncIterable<RecordLine>;
  /** What was found in it, such as an end that was cut off, as sentences; known when all lines were read. */
  notes: string[];
}

/** @throws ExperimentError when the file cannot be read, or begins as no record */
export async function beginRecord(path: string): Promise<BegunRecord> {
  const notes: string[] = [];
  let isLog = false;
  const onLog = () => {
    isLog = true;
  };
  const rest = readRecord(path, (words) => notes.push(words), onLog);
  const { value: first, done } = await rest.next();
  assert(!done, "a record without a line cannot be read");
  // A generator around the other one would cost each of a million lines its turn.
  let isFirst = true;
  const iterator = {
    next: () => {
      if (!isFirst) return rest.next();
      isFirst = false;
      return Promise.resolve({ value: first, done: false });
    },
    // Nobody else closes the file of a reader that has had enough.
    return: () => rest.return(undefined),
  };
  return { path, first, isLog, lines: { [Symbol.asyncIterator]: () => iterator }, notes };
}

/**
 * Reads a record into a state, and hands on each line that was taken.
 *
 * @param next gives the state of the next experiment, where a file may hold several, one behind the
 *   other
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function* followRecord(
  record: string | BegunRecord,
  fold: Fold,
  next?: () => Fold,
): AsyncGenerator<RecordLine> {
  const begun = typeof record === "string" ? await beginRecord(record) : record;
  let current = fold;
  const seen = new Set<string>();
  try {
    for await (const line of begun.lines) {
      if (next && line.type === "run" && line.experiment !== current.id) {
        if (current.id !== undefined) current = next();
        if (seen.has(line.experiment)) {
          throw new MisplacedLineError("the lines of its experiments do not stand together");
        }
        seen.add(line.experiment);
      }
      current.take(line);
      yield line;
    }
  } catch (error) {
    throw notReportable(recordName(begun.path), error);
  }
  current.readerNotes.push(...begun.notes);
}

/** What an error in reading a record is to whoever named it. */
export function notReportable(record: string, error: unknown): unknown {
  if (!(error instanceof MisplacedLineError)) return error;
  const facts = { record, why: error.message };
  return new ExperimentError("record not reportable", facts, { cause: error });
}

/**
 * Makes sure that reading comes to an end, where nobody has named the file: of a pipe that nobody
 * writes into the opening alone would wait.
 *
 * @throws ExperimentError when it is no regular file, or there is none
 */
export async function ensureRegular(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, rootMessage(error));
  });
  if (!found.isFile()) throw unreadable(path, "it is no regular file");
}

/** One line of a record, or `undefined` when the text is none. A byte order mark may precede it. */
export function parseLine(text: string): RecordLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch {
    return undefined;
  }
  return isObservation(value) ? value : recordLineSchema.safeParse(value).data;
}

/** What a line of the script says that k6 logged, or `undefined` when the text holds none. */
function parseLogged(text: string): RecordLine | undefined {
  const line = parseK6Line(text);
  return isObservation(line) ? line : recordLineSchema.safeParse(line).data;
}

async function* batchesOf(path: string): AsyncGenerator<Batch> {
  try {
    yield* readTexts(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ExperimentError("record not found", { path });
    }
    throw unreadable(path, rootMessage(error));
  }
}

function unreadable(path: string, why: string): ExperimentError {
  return new ExperimentError("record unreadable", { record: recordName(path), why });
}

/** An object of JSON, whose fields are not known yet. */
type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const outcomes: ReadonlySet<unknown> = new Set(OUTCOMES);

/**
 * Whether a value is an observation, with whatever further fields it has, checked by hand. It is the
 * line that a record has a million of, and the schema would take as long for it as its parsing took.
 * A test compares the two.
 */
export function isObservation(value: unknown): value is Observation {
  if (!isObject(value) || value.type !== "observation") return false;
  const { run, index, client, runner, outcome, status, requestId, logStream } = value;
  const { sentAt, answeredAt, message } = value;
  return (
    isText(run) &&
    isCount(index) &&
    isText(client) &&
    isAbsentOr(isName, runner) &&
    outcomes.has(outcome) &&
    isAbsentOr(Number.isSafeInteger, status) &&
    isAbsentOr(isText, requestId) &&
    isAbsentOr(isName, logStream) &&
    isAbsentOr(isMoment, sentAt) &&
    isAbsentOr(isMoment, answeredAt) &&
    isAbsentOr(isText, message) &&
    isAbsentOr(isAnswer, value.response)
  );
}

function isAnswer(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.client) &&
    isText(value.message) &&
    isGlobalData(value.globalData) &&
    isAbsentOr(isEnvironment, value.environment) &&
    isAbsentOr(isInvocation, value.invocation)
  );
}

function isGlobalData(value: unknown): boolean {
  return (
    isObject(value) &&
    isCount(value.counter) &&
    isText(value.client) &&
    Array.isArray(value.clients) &&
    value.clients.every(isText) &&
    isAbsentOr(isCount, value.dropped)
  );
}

function isEnvironment(value: unknown): boolean {
  return (
    isObject(value) &&
    isName(value.id) &&
    isName(value.instance) &&
    isCount(value.pid) &&
    isCount(value.threadId) &&
    Number.isFinite(value.initializedAt) &&
    isAbsentOr(isText, value.initializationType) &&
    typeof value.coldStart === "boolean" &&
    isAbsentOr(isText, value.runtime) &&
    isText(value.nodeVersion) &&
    isAbsentOr(Number.isFinite, value.memoryMb) &&
    isAbsentOr(isText, value.region) &&
    isText(value.architecture)
  );
}

function isInvocation(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.requestId) &&
    Number.isFinite(value.enteredAt) &&
    Number.isFinite(value.leftAt) &&
    Number.isFinite(value.enteredEpochMs) &&
    Number.isFinite(value.leftEpochMs) &&
    isPositive(value.inFlightOnEntry) &&
    isPositive(value.inFlightPeak) &&
    isObject(value.onEntry) &&
    isCount(value.onEntry.counter) &&
    isText(value.onEntry.client)
  );
}

function isAbsentOr(check: Check, value: unknown): boolean {
  return value === undefined || check(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isMoment(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= MOST_MS;
}
