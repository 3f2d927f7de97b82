/** What may be done to a record whose runner has ended: a line is added to it, or it is deleted. */

import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { ExperimentError, type RecordPurpose, rootMessage } from "../core/errors.ts";
import { startOffsets } from "../core/plan/plan.ts";
import { isOfPart, type RecordLine, type RunLine } from "../core/record-lines.ts";
import { summarizeRecord } from "./history.ts";
import { notContinued, writeLine } from "./record-file.ts";
import { foreignForm } from "./record-text.ts";

/** What a runner may be silent for beside holds and pauses: cold starts, arming, timeouts. */
const SILENCE_MS = 120_000;

/**
 * Appends one line to a record that was closed. Half a line, as a runner that was killed leaves it
 * at the end, is taken away: the record would be unreadable from there on.
 *
 * @throws ExperimentError when it is gone, cannot be written, a runner may still be writing it, or it is
 *   in another form than this program writes
 */
export async function appendToRecord(path: string, line: RecordLine): Promise<void> {
  await ensureContinuable(path);
  try {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND);
    try {
      writeLine(descriptor, line, endLastLine(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw notContinued(path, error);
  }
}

/**
 * @throws ExperimentError while a runner may still be writing the record: what one line is to stand
 *   behind is not written yet, and half a line may be about to become a whole one; and of a file that
 *   is not in the form in which this program writes, which a line would spoil
 */
export async function ensureContinuable(path: string): Promise<void> {
  try {
    await ensureAtRest(path, "continue");
    await ensureOwn(path, "continue");
  } catch (error) {
    throw error instanceof ExperimentError ? error : notContinued(path, error);
  }
}

/** Cuts a last line that is none. @returns what a whole one lacks at its end. */
function endLastLine(descriptor: number): string {
  const { size } = fstatSync(descriptor);
  const whole = sizeOfEndedLines(descriptor, size);
  if (whole === size) return "";
  const last = Buffer.alloc(size - whole);
  readSync(descriptor, last, 0, last.length, whole);
  if (isJson(last.toString())) return "\n";
  ftruncateSync(descriptor, whole);
  return "";
}

/** Whether a line is whole, whatever it says. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text.trim());
    return true;
  } catch {
    return false;
  }
}

/** Bytes up to the last line break, and with it. */
function sizeOfEndedLines(descriptor: number, size: number): number {
  const chunk = Buffer.alloc(65_536);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const length = readSync(descriptor, chunk, 0, end - start, start);
    const last = chunk.lastIndexOf("\n", length - 1);
    if (last >= 0 && last < length) return start + last + 1;
    end = start;
  }
  return 0;
}

/**
 * Deletes a record for good.
 *
 * @throws ExperimentError when a runner may still be writing it, or this program did not write it so
 */
export async function deleteRecord(path: string): Promise<void> {
  try {
    await ensureAtRest(path, "delete");
    await ensureOwn(path, "delete");
    await rm(path, { force: true });
  } catch (cause) {
    if (cause instanceof ExperimentError) throw cause;
    throw new ExperimentError("record not deleted", { why: rootMessage(cause) }, { cause });
  }
}

/**
 * @throws ExperimentError when a runner may still be writing a record: there is no verdict over all
 */
async function ensureAtRest(path: string, purpose: RecordPurpose): Promise<void> {
  const summary = await summarizeRecord(path);
  // What stands behind a runner's lines was written when that had ended.
  const isOver = summary?.verdict !== undefined || summary?.crossCheck !== undefined;
  if (summary && !isOver && (await mayGrow(path, summary.run))) {
    throw new ExperimentError("record in use", { path, purpose });
  }
}

/**
 * @throws ExperimentError when a file is not as this program writes records: what would be done to it
 *   may not be what somebody expects who made it otherwise
 */
async function ensureOwn(path: string, purpose: RecordPurpose): Promise<void> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const form = isFile ? await foreignForm(path) : undefined;
  if (form !== undefined) {
    throw new ExperimentError("record in another form", { path, purpose, form });
  }
}

/** Whether a record without a verdict changed so lately that its runner may be waiting for answers. */
async function mayGrow(path: string, run: RunLine): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  const silenceMs = Date.now() - mtimeMs;
  // A time to come is that of another clock.
  return silenceMs >= 0 && silenceMs < run.plan.holdMs + longestPauseMs(run) + SILENCE_MS;
}

/** Between one run and the next, in milliseconds: the runner of a part waits for the others' time. */
function longestPauseMs(run: RunLine): number {
  const { plan, runners = [] } = run;
  const pauses = plan.stages.map(({ pauseMs }) => pauseMs);
  if (!isOfPart(run)) return Math.max(...pauses);
  const starts = startOffsets(plan, runners.length);
  return Math.max(
    ...pauses,
    ...starts.slice(1).map((start, before) => start - (starts[before] ?? 0)),
  );
}
