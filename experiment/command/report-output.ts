/** Where a report is written to: a new file, or standard output. */

import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import { watchOutput } from "./output.ts";
import { WholeFile } from "./whole-file.ts";

/**
 * Writes text as it comes. A file has its name once it is whole; of one that was begun and not
 * finished nothing stays, even if the process ends meanwhile.
 *
 * @param path of a file that does not exist; standard output unless given
 * @throws ExperimentError when the file exists or cannot be created, or the disk does not
 *   take it
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
  throw new ExperimentError("report not printed", { why: loss });
}

function created<T>(path: string, create: () => T): T {
  try {
    return create();
  } catch (cause) {
    const code = rootCode(cause);
    if (code === "EEXIST") throw new ExperimentError("report exists", { path }, { cause });
    const facts = { path, why: rootMessage(cause), code };
    throw new ExperimentError("report not created", facts, { cause });
  }
}

function write(path: string, file: WholeFile, text: string): void {
  try {
    file.write(text);
  } catch (cause) {
    const facts = { path, why: rootMessage(cause), code: rootCode(cause) };
    throw new ExperimentError("report not written", facts, { cause });
  }
}
