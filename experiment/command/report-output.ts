/** Where a report is written to: a new file, or standard output. */

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { printable } from "../reports/printable.ts";
import { watchOutput } from "./output.ts";

/** A report whose text could not be written, which is nobody's wrong usage. */
export class UnwritableError extends ExperimentError {}

/**
 * Writes text as it comes. A file that was begun and not finished is taken away.
 *
 * @param path of a file that does not exist; standard output unless given
 * @throws ExperimentError when the file exists or cannot be created; UnwritableError when the disk
 *   does not take it
 */
export async function writeReport(
  path: string | undefined,
  text: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  if (path === undefined) return print(text);
  const descriptor = create(path);
  try {
    for await (const part of text) write(path, descriptor, part);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

async function print(text: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const output = watchOutput();
  for await (const part of text) {
    if (output.isGone) break;
    if (process.stdout.write(part)) continue;
    await new Promise<void>((resolve) => {
      process.stdout.once("drain", resolve).once("error", () => resolve());
    });
  }
  const loss = await output.loss();
  if (loss === undefined) return;
  throw new UnwritableError(loss, "Make room there, or name a file elsewhere with --out.");
}

/** Only its owner can read it, like the record. */
function create(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    const why = isThere ? "exists, and is not overwritten" : rootMessage(error);
    throw new ExperimentError(
      isThere ? `${printable(path)} ${why}.` : `${printable(path)} cannot be written: ${why}.`,
      "Name another file with --out.",
      { cause: error },
    );
  }
}

function write(path: string, descriptor: number, text: string): void {
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(descriptor, bytes, written);
    }
  } catch (error) {
    throw new UnwritableError(
      `${printable(path)} cannot be written: ${rootMessage(error)}.`,
      "Make room on the disk, or name another file with --out.",
      { cause: error },
    );
  }
}
