/** Reads records: the border at which lines that somebody may have edited are checked. */

import { stat } from "node:fs/promises";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import type { TellingObservation } from "../core/verdict/evidence.ts";
import { isBlank, lineBatches } from "./line-batches.ts";
import { readQuickly } from "./quick-line.ts";
import { recordLineSchema } from "./schema.ts";

/**
 * Reads a record line by line, so that its size does not matter. A last line that was cut off, as a
 * runner that was killed leaves it, is left out, and so are blank ones.
 *
 * @throws ExperimentError when the file cannot be read, or a line is none of a record
 */
export async function* readRecord(path: string): AsyncGenerator<RecordLine> {
  for await (const batch of readBatches(path, parseLine)) yield* batch;
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

/** A line of a record, or what counts of it. */
export type TellingLine = RecordLine | (TellingObservation & { type?: never });

/**
 * The same for records of a million observations: lines come in batches, and of most observations
 * only what counts.
 *
 * @param isWanted whether an observation is wanted whole
 */
export function readTellingLines(
  path: string,
  isWanted: (observation: TellingObservation) => boolean,
): AsyncGenerator<readonly TellingLine[]> {
  return readBatches(path, (text): TellingLine | undefined => {
    const quick = readQuickly(text);
    return quick && !isWanted(quick) ? quick : parseLine(text);
  });
}

async function* readBatches<T>(
  path: string,
  parse: (text: string) => T | undefined,
): AsyncGenerator<T[]> {
  let number = 0;
  let isEmpty = true;
  let faulty: number | undefined;
  let isFollowed = false;
  for await (const texts of linesOf(path)) {
    const batch: T[] = [];
    for (const text of texts) {
      number += 1;
      const line = faulty === undefined ? parse(text) : undefined;
      if (line !== undefined) {
        batch.push(line);
      } else if (!isBlank(text)) {
        // Only what stands before another line was certainly written to its end.
        isFollowed = faulty !== undefined;
        if (isFollowed) break;
        faulty = number;
      }
    }
    isEmpty &&= batch.length === 0;
    yield batch;
    if (isFollowed) {
      throw unreadable(path, `line ${faulty} is no line of a record`);
    }
  }
  if (isEmpty) throw unreadable(path, "it holds no line of one");
}

/** One line of a record, or `undefined` when the text is none. A byte order mark may precede it. */
export function parseLine(text: string): RecordLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch {
    return undefined;
  }
  return recordLineSchema.safeParse(value).data;
}

async function* linesOf(path: string): AsyncGenerator<string[]> {
  try {
    yield* lineBatches(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ExperimentError(`${path} does not exist.`, "Check the name of the file.");
    }
    throw unreadable(path, rootMessage(error));
  }
}

function unreadable(path: string, why: string): ExperimentError {
  return new ExperimentError(
    `${path} cannot be read as a record: ${why}.`,
    "Check that it is a record of this program's version, and whole.",
  );
}
