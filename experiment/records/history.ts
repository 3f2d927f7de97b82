/** The records that were kept: what each says, without reading it whole. */

import { AssertionError } from "node:assert/strict";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import {
  type Conclusion,
  type CrossCheckLine,
  isConclusion,
  type RunLine,
} from "../core/record-lines.ts";
import { areOfOneTarget } from "../core/target.ts";
import { hasDataFolder, recordsFolder } from "./data-folder.ts";
import { Fold } from "./fold.ts";
import {
  deploymentOf,
  type PooledEvidence,
  pooledEvidence,
  type RecordedVerdict,
} from "./pooled-evidence.ts";
import { followRecord, parseLine, readRecord } from "./read-record.ts";
import { foreignForm, isBlank, readTexts } from "./record-text.ts";

/** What the first and the last line of a record say. */
export interface RecordSummary extends RecordedVerdict {
  path: string;
  /** Of the file, in bytes. */
  size: number;
}

const CHUNK_BYTES = 65_536;
/** No line that ends a record comes near to it. */
const LONGEST_ENDING_BYTES = 1 << 24;
/** Files that are read at once. */
const BATCH = 32;

/**
 * The records of a folder, the newest first. What is no record is left out.
 *
 * @throws ExperimentError when there is a folder, and it cannot be read
 */
export async function listRecords(folder?: string): Promise<RecordSummary[]> {
  const paths = await recordsIn(folder);
  const summaries: RecordSummary[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = await Promise.all(paths.slice(start, start + BATCH).map(summarizeRecord));
    summaries.push(...batch.filter((summary) => summary !== undefined));
  }
  return summaries.sort((a, b) => b.run.startedAt.localeCompare(a.run.startedAt));
}

async function recordsIn(named?: string): Promise<string[]> {
  if (named === undefined && !hasDataFolder()) return [];
  const folder = named ?? recordsFolder();
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.ndjson(?:\.gz)?$/.test(name))
      .map((name) => join(folder, name));
  } catch (cause) {
    if (rootCode(cause) === "ENOENT") return [];
    const facts = { folder, why: rootMessage(cause) };
    throw new ExperimentError("records not listed", facts, { cause });
  }
}

/** What cannot be read is no record: a folder, say, or a file of somebody else. */
export function summarizeRecord(path: string): Promise<RecordSummary | undefined> {
  return summarize(path).catch(unlessUnreadable);
}

/** What cannot be read says nothing; a fault of this program is heard all the same. */
function unlessUnreadable(error: unknown): undefined {
  if (error instanceof AssertionError || error instanceof TypeError) throw error;
}

async function summarize(path: string): Promise<RecordSummary | undefined> {
  // Of what is no file, such as a pipe that nobody writes into, the opening alone would wait.
  const found = await stat(path);
  if (!found.isFile()) return undefined;
  const run = await firstRun(path);
  if (!run) return undefined;
  if (await foreignForm(path)) {
    return { path, size: found.size, run, ...(await endingOfWhole(path, run.experiment)) };
  }
  const file = await open(path);
  try {
    return { path, size: found.size, run, ...(await ending(file, run.experiment)) };
  } finally {
    await file.close();
  }
}

/** Only runs are parsed, of which the first is the first line, unless there was a control. */
async function firstRun(path: string): Promise<RunLine | undefined> {
  let control: RunLine | undefined;
  for await (const { texts } of readTexts(path)) {
    for (const text of texts) {
      if (!control && isBlank(text)) continue;
      const line = !control || /"type"\s*:\s*"run"/.test(text) ? parseLine(text) : undefined;
      if (line?.type === "run" && line.role === "experiment") return line;
      if (!control && line?.type !== "run") return undefined;
      if (line?.type === "run") control ??= line;
    }
  }
  return control;
}

type RecordEnding = Pick<RecordSummary, "verdict" | "crossCheck">;

/**
 * The verdict over the whole experiment, and the latest of the cross-checks that stand behind it.
 * Lines of another experiment say nothing of this one.
 */
async function ending(file: FileHandle, experiment: string): Promise<RecordEnding> {
  let crossCheck: CrossCheckLine | undefined;
  let isLast = true;
  for await (const text of linesFromEnd(file)) {
    const line = parseLine(text);
    const mayBeCutOff = isLast;
    isLast = false;
    if (!line && (mayBeCutOff || isBlank(text))) continue;
    const isJudgment = line?.type === "cross-check" || line?.type === "verdict";
    if (isJudgment && line.experiment !== experiment) continue;
    if (line?.type === "cross-check") crossCheck ??= line;
    else return { ...(line && isConclusion(line) && { verdict: line }), crossCheck };
  }
  return { crossCheck };
}

/** The ending of a record that can only be read from its beginning. */
async function endingOfWhole(path: string, experiment: string): Promise<RecordEnding> {
  let ending: RecordEnding = {};
  for await (const line of readRecord(path)) {
    if (line.type === "cross-check") {
      if (line.experiment === experiment) ending = { ...ending, crossCheck: line };
    } else if (line.type !== "verdict") ending = {};
    else if (line.experiment === experiment) ending = isConclusion(line) ? { verdict: line } : {};
  }
  return ending;
}

/** Lines, the last one first: what stands behind the last line break, which may be half a line. */
async function* linesFromEnd(file: FileHandle): AsyncGenerator<string> {
  const { size } = await file.stat();
  let given = 0;
  for (let length = Math.min(CHUNK_BYTES, size); ; length = Math.min(2 * length, size)) {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(length),
      position: size - length,
    });
    const isWhole = length === size;
    const texts = buffer.toString("utf8", 0, bytesRead).split("\n");
    // The first one may have begun before what was read.
    const lines = texts.slice(isWhole ? 0 : 1).reverse();
    yield* lines.slice(given);
    if (isWhole || length > LONGEST_ENDING_BYTES) return;
    given = lines.length;
  }
}

/** Bytes of records that are read whole for it: about a second's work, and far more than most have. */
const READ_WHOLE_BYTES = 100_000_000;

/**
 * What all recorded experiments of the same deployment say, with this one.
 *
 * @param path of a record; it may lie elsewhere than the others
 * @throws ExperimentError when there are others, and they cannot be read
 */
export async function pooledWith(path: string): Promise<PooledEvidence | undefined> {
  const summary = await summarizeRecord(path);
  const key = summary && deploymentOf(summary.run.target);
  if (!summary || key === undefined) return undefined;
  const others = (await listRecords()).filter((other) => resolve(other.path) !== resolve(path));
  const same = [summary, ...others].filter(({ run }) => deploymentOf(run.target) === key);
  return pooledEvidence(await concludedAnew(same)).get(key);
}

/**
 * Concludes records from their observations instead of believing their verdict line, which somebody
 * may have edited. It costs reading them, so that of a large history the first ones are concluded
 * anew, and the others believed as far as their plans allow.
 *
 * @returns the same records; what is not what it says it is has no verdict
 */
export async function concludedAnew(records: readonly RecordSummary[]): Promise<RecordSummary[]> {
  const concluded: RecordSummary[] = [];
  let left = READ_WHOLE_BYTES;
  for (const record of records) {
    const { path, size, verdict } = record;
    if (!verdict) {
      concluded.push(record);
    } else if (size <= left) {
      left -= size;
      const conclusion = await concludeRecord(path).catch(unlessUnreadable);
      const { type, experiment, run } = verdict;
      const anew = conclusion && { type, experiment, run, ...conclusion };
      concluded.push({ ...record, verdict: anew });
    } else {
      concluded.push({ ...record, verdict: isPossible(record) ? verdict : undefined });
    }
  }
  return concluded;
}

/**
 * Reads a whole record, and concludes over its experiment anew.
 *
 * @returns `undefined` when it is of no experiment, or of more than one deployment
 * @throws ExperimentError when it cannot be read, or is of more than one experiment
 */
async function concludeRecord(path: string): Promise<Conclusion | undefined> {
  const fold = new Fold();
  for await (const _ of followRecord(path, fold));
  const { runs } = fold.experiment;
  if (runs.length === 0 || !areOfOneTarget(runs.map(({ line }) => line))) return undefined;
  return fold.experiment.conclusion;
}

/** Whether a plan has requests for as many trials as a verdict claims: of each run one has no choice. */
function isPossible({ run, verdict }: RecordSummary): boolean {
  const most = run.plan.stages.reduce((sum, { requests }) => sum + Math.max(0, requests - 1), 0);
  return verdict !== undefined && verdict.trials <= most;
}
