/** Where a report is written to: a new file, or standard output. */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import { watchOutput } from "./output.ts";

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
  const file = attempt("report not created", path, () => new WholeFile(path));
  try {
    for await (const part of text) attempt("report not written", path, () => file.write(part));
    attempt("report not created", path, () => file.finish());
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

/** Words what keeps a file from being created, or from taking what is written into it. */
function attempt<T>(
  kind: "report not created" | "report not written",
  path: string,
  act: () => T,
): T {
  try {
    return act();
  } catch (cause) {
    const code = rootCode(cause);
    if (code === "EEXIST") throw new ExperimentError("report exists", { path }, { cause });
    throw new ExperimentError(kind, { path, why: rootMessage(cause), code }, { cause });
  }
}

/** Only its owner can read it, like the record. */
const MODE = 0o600;

/**
 * A file that comes into being whole or not at all, and never over another: written under a name that nobody looks for, beside its own, which it gets at its end.
 */
class WholeFile {
  readonly #path: string;
  readonly #part: string;
  readonly #descriptor: number;
  readonly #onExit = () => rmSync(this.#part, { force: true });

  /** @throws Error when a file of this name exists, or cannot be created there */
  constructor(path: string) {
    take(path);
    rmSync(path);
    this.#path = path;
    this.#part = join(dirname(path), `.${process.pid}-${randomBytes(6).toString("hex")}.part`);
    this.#descriptor = openSync(this.#part, "wx", MODE);
    // However the program ends, a file that is not finished goes with it.
    process.once("exit", this.#onExit);
  }

  /** @throws Error when the disk does not take it */
  write(text: string): void {
    writeFileSync(this.#descriptor, Buffer.from(text));
  }

  /**
   * Gives the file its name.
   *
   * @throws Error when somebody else has taken that meanwhile
   */
  finish(): void {
    take(this.#path);
    try {
      renameSync(this.#part, this.#path);
    } catch (error) {
      rmSync(this.#path);
      throw error;
    }
  }

  /** Closes it; unless it was finished, nothing of it stays. */
  close(): void {
    closeSync(this.#descriptor);
    this.#onExit();
    process.off("exit", this.#onExit);
  }
}

/** Takes a name that is free, so that what is renamed to it replaces nobody's file. */
function take(path: string): void {
  closeSync(openSync(path, "wx", MODE));
}
