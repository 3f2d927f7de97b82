/** The records that were kept, without reading them whole. */

import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunLine, VerdictLine } from "../core/record-lines.ts";
import { recordsFolder } from "./data-folder.ts";
import { parseLine } from "./read-record.ts";

/** What the first and the last line of a record say. */
export interface RecordSummary {
  path: string;
  /** The first run's line. */
  run: RunLine;
  /** Over the whole experiment; absent when the runner did not live to conclude. */
  verdict?: VerdictLine | undefined;
}

const CHUNK_BYTES = 65_536;
/** Files that are read at once. */
const BATCH = 32;

/** The records of a folder, the newest first. What is no record is left out. */
export async function listRecords(folder = recordsFolder()): Promise<RecordSummary[]> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => name.endsWith(".ndjson")).map((name) => join(folder, name));
  const summaries: RecordSummary[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    const batch = await Promise.all(paths.slice(start, start + BATCH).map(summarizeIfRecord));
    summaries.push(...batch.filter((summary) => summary !== undefined));
  }
  return summaries.sort((a, b) => b.run.startedAt.localeCompare(a.run.startedAt));
}

/** Deletes a record for good. */
export async function deleteRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** What cannot be read is no record: a folder, say, or a file of somebody else. */
function summarizeIfRecord(path: string): Promise<RecordSummary | undefined> {
  return summarize(path).catch(() => undefined);
}

async function summarize(path: string): Promise<RecordSummary | undefined> {
  const file = await open(path);
  try {
    const run = parseLine(await firstLine(file));
    if (run?.type !== "run") return undefined;
    return { path, run, verdict: await lastVerdict(file) };
  } finally {
    await file.close();
  }
}

async function firstLine(file: FileHandle): Promise<string> {
  for await (const line of file.readLines({ start: 0, autoClose: false })) return line;
  return "";
}

/** The verdict over the whole experiment: nothing but cross-checks may stand behind it. */
async function lastVerdict(file: FileHandle): Promise<VerdictLine | undefined> {
  for await (const text of linesFromEnd(file)) {
    const line = parseLine(text);
    if (line?.type === "cross-check") continue;
    return line?.type === "verdict" && line.run === null ? line : undefined;
  }
  return undefined;
}

/** Whole lines, the last one first; what stands behind the last line break was cut off. */
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
    const lines = texts.slice(isWhole ? 0 : 1, -1).reverse();
    yield* lines.slice(given);
    if (isWhole) return;
    given = lines.length;
  }
}
