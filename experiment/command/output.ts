/** Where a program writes to: what cannot be a file, and what becomes of what is not taken. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { printable } from "../../basics/printable.ts";
import { onEndingSignals } from "../../basics/signals.ts";
import { rootMessage } from "../core/errors.ts";

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
export function recordLine(path: string): string {
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
