/** Reads records: the border at which lines that somebody may have edited are checked. */

import { open } from "node:fs/promises";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { recordLineSchema } from "./schema.ts";

/**
 * Reads a record line by line, so that its size does not matter. A last line that was cut off, as a
 * runner that was killed leaves it, is left out.
 *
 * @throws ExperimentError when the file cannot be read, or a line is none of a record
 */
export async function* readRecord(path: string): AsyncGenerator<RecordLine> {
  let number = 0;
  let faulty: number | undefined;
  for await (const text of linesOf(path)) {
    number += 1;
    // Only what stands before another line was certainly written to its end.
    if (faulty !== undefined) throw unreadable(path, `line ${faulty} is no line of a record`);
    const line = parseLine(text);
    if (line) yield line;
    else faulty = number;
  }
  if (number === 0 || (number === 1 && faulty)) throw unreadable(path, "it holds no line of one");
}

/** One line of a record, or `undefined` when the text is none. */
export function parseLine(text: string): RecordLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return recordLineSchema.safeParse(value).data;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    const file = await open(path);
    yield* file.readLines();
  } catch (error) {
    throw unreadable(path, rootMessage(error));
  }
}

function unreadable(path: string, why: string): ExperimentError {
  return new ExperimentError(
    `${path} cannot be read as a record: ${why}.`,
    "Check that it is a record of this program's version, and whole.",
  );
}
