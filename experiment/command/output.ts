/**
 * Where a program writes to: what becomes of what standard output does not take, what cannot be a
 * file, and how a report is written, whole or not at all.
 */

import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { printable } from "../../basics/printable.ts";
import { onEndingSignals } from "../../basics/signals.ts";
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";

/** A reader such as `head` left early, or the terminal was closed: nobody misses the rest. */
const READER_LEFT = new Set(["EPIPE", "EIO"]);

export interface WatchedOutput {
  /** Whether standard output takes nothing more. */
  readonly isGone: boolean;
  /** What kept a reader from getting everything that was printed so far. */
  loss: () => Promise<string | undefined>;
}

/** Keeps what cannot be printed from ending the program: it has more to do, such as to record. */
export function watchOutput(): WatchedOutput {
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error) => {
    failure ??= error;
  });
  // Where the reason cannot be printed either, the exit code says that there is one.
  process.stderr.on("error", () => {});
  return {
    get isGone() {
      return failure !== undefined;
    },
    loss: async () => {
      // A failure is told in a later tick than that of its writing.
      await nextTurn();
      if (failure === undefined || READER_LEFT.has(failure.code ?? "")) return undefined;
      return rootMessage(failure);
    },
  };
}

/** Where a record is, as both programs and people find it. */
export function recordPlace(path: string): string {
  return `Record: ${printable(path)}\n`;
}

/**
 * Waits until both outputs have taken what was printed, or take nothing more: to a pipe it is
 * written later, and ending the process drops what was not. A reader may be there that reads
 * nothing, so that a second signal ends the waiting.
 *
 * @param signal aborted by the first one
 * @param onInterrupted called when that comes during the waiting
 */
export async function untilTaken(signal: AbortSignal, onInterrupted: () => void): Promise<void> {
  const { promise: given, resolve: giveUp } = Promise.withResolvers<void>();
  let isInterrupted = signal.aborted;
  onEndingSignals(() => {
    if (isInterrupted) return giveUp();
    isInterrupted = true;
    onInterrupted();
  });
  const taken = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.race([Promise.all(taken), given]);
}

/**
 * Takes the name of a file or a folder that is to be written as it is.
 *
 * @throws InvalidArgumentError for what cannot be one
 */
export function outputName(value: string): string {
  if (value === "") throw new InvalidArgumentError("Name a file.");
  if (value === "-")
    throw new InvalidArgumentError("Standard output needs no --out: leave it out.");
  return value;
}

/** What keeps a name from being that of a file, as one sentence; or `undefined`. */
export function lackOfFile(value: string): string | undefined {
  return /[/\\]$/.test(value) ? "That is a folder: name a file in it." : undefined;
}

/**
 * Takes the name of a file that is to be written as it is.
 *
 * @throws InvalidArgumentError for what cannot be one
 */
export function fileName(value: string): string {
  const lack = lackOfFile(outputName(value));
  if (lack !== undefined) throw new InvalidArgumentError(lack);
  return value;
}

// A report: a new file, or standard output

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
 * A file that comes into being whole or not at all, and never over another: written under a name that
 * nobody looks for, beside its own, which it gets at its end.
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
