/** Adds to a record whose runner has ended. */

import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { ExperimentError } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { ensureAtRest, ensureOwn } from "./history.ts";
import { notContinued, writeLine } from "./record-file.ts";

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
