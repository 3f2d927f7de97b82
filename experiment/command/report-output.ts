/** Where a report is written to: a new file, or standard output. */

import { printable } from "../../basics/printable.ts";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { watchOutput } from "./output.ts";
import { WholeFile } from "./whole-file.ts";

/** A report whose text could not be written, which is nobody's wrong usage. */
export class UnwritableError extends ExperimentError {}

/**
 * Writes text as it comes. A file has its name once it is whole; of one that was begun and not
 * finished nothing stays, even if the process ends meanwhile.
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
  const file = created(path, () => new WholeFile(path));
  try {
    for await (const part of text) write(path, file, part);
    created(path, () => file.finish());
  } finally {
    file.close();
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

/** Says in words why a file cannot be created. */
function created<T>(path: string, create: () => T): T {
  try {
    return create();
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

function write(path: string, file: WholeFile, text: string): void {
  try {
    file.write(text);
  } catch (error) {
    throw new UnwritableError(
      `${printable(path)} cannot be written: ${rootMessage(error)}.`,
      "Make room on the disk, or name another file with --out.",
      { cause: error },
    );
  }
}
