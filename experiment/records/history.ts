/** The records that were kept, without reading them whole. */

import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ExperimentError, type RecordPurpose, rootMessage } from "../core/errors.ts";
import type { Plan } from "../core/plan/plan.ts";
import {
  type CrossCheckLine,
  isConclusion,
  type RunLine,
  type VerdictLine,
} from "../core/record-lines.ts";
import { recordsFolder } from "./data-folder.ts";
import { parseLine, readRecord } from "./read-record.ts";
import { foreignForm, isBlank, readTexts } from "./record-text.ts";

/** What the first and the last line of a record say. */
export interface RecordSummary {
  path: string;
  /** Of the file, in bytes. */
  size: number;
  /** The first run's line; that of a control only where nothing else was fired. */
  run: RunLine;
  /** Over the whole experiment; absent when the runner did not live to conclude. */
  verdict?: VerdictLine | undefined;
  /** What the service's own log said afterwards, where it was asked. */
  crossCheck?: CrossCheckLine | undefined;
}

const CHUNK_BYTES = 65_536;
/** No line that ends a record comes near to it. */
const LONGEST_ENDING_BYTES = 1 << 24;
/** What a runner may be silent for beside holds and pauses: cold starts, arming, timeouts. */
const SILENCE_MS = 120_000;
/** Files that are read at once. */
const BATCH = 32;

/** The records of a folder, the newest first. What is no record is left out. */
export async function listRecords(folder?: string): Promise<RecordSummary[]> {
  const paths = await recordsIn(folder).catch(() => []);
  const summaries: RecordSummary[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = await Promise.all(paths.slice(start, start + BATCH).map(summarizeRecord));
    summaries.push(...batch.filter((summary) => summary !== undefined));
  }
  return summaries.sort((a, b) => b.run.startedAt.localeCompare(a.run.startedAt));
}

async function recordsIn(folder = recordsFolder()): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.ndjson(?:\.gz)?$/.test(name)).map((name) => join(folder, name));
}

/**
 * Deletes a record for good.
 *
 * @throws ExperimentError when a runner may still be writing it, or this program did not write it so
 */
export async function deleteRecord(path: string): Promise<void> {
  await ensureAtRest(path, "delete");
  await ensureOwn(path, "delete");
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw new ExperimentError("record not deleted", { why: rootMessage(cause) }, { cause });
  });
}

/**
 * @throws ExperimentError when a runner may still be writing a record: there is no verdict over all
 */
export async function ensureAtRest(path: string, purpose: RecordPurpose): Promise<void> {
  const summary = await summarizeRecord(path);
  // What stands behind a runner's lines was written when that had ended.
  const isOver = summary?.verdict !== undefined || summary?.crossCheck !== undefined;
  if (summary && !isOver && (await mayGrow(path, summary.run.plan))) {
    throw new ExperimentError("record in use", { path, purpose });
  }
}

/**
 * @throws ExperimentError when a file is not as this program writes records: what would be done to it
 *   may not be what somebody expects who made it otherwise
 */
export async function ensureOwn(path: string, purpose: RecordPurpose): Promise<void> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const form = isFile ? await foreignForm(path) : undefined;
  if (form !== undefined)
    throw new ExperimentError("record in another form", { path, purpose, form });
}

/** Whether a record without a verdict changed so lately that its runner may be waiting for answers. */
async function mayGrow(path: string, { holdMs, stages }: Plan): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  const pauseMs = stages.reduce((longest, stage) => Math.max(longest, stage.pauseMs), 0);
  const silenceMs = Date.now() - mtimeMs;
  // A time to come is that of another clock.
  return silenceMs >= 0 && silenceMs < holdMs + pauseMs + SILENCE_MS;
}

/** What cannot be read is no record: a folder, say, or a file of somebody else. */
export function summarizeRecord(path: string): Promise<RecordSummary | undefined> {
  return summarize(path).catch(() => undefined);
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

type Ending = Pick<RecordSummary, "verdict" | "crossCheck">;

/**
 * The verdict over the whole experiment, and the latest of the cross-checks that stand behind it.
 * Lines of another experiment say nothing of this one.
 */
async function ending(file: FileHandle, experiment: string): Promise<Ending> {
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

/** The same of what can only be read from its beginning. */
async function endingOfWhole(path: string, experiment: string): Promise<Ending> {
  let ending: Ending = {};
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
