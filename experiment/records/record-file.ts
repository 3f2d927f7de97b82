/** Where an experiment is written while it happens. */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { asSentence, ExperimentError, rootMessage } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { DATA_FOLDER_VARIABLE, makeFolder, recordsFolder } from "./data-folder.ts";

/**
 * A record that could not be begun. Its next step is that of the command line; a caller that knows no
 * `--out` says what helps there instead.
 */
export class UnwritableRecordError extends ExperimentError {}

/** What a disk says that takes nothing more, from anybody or from this user. */
export const NO_ROOM: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export class RecordFile {
  readonly path: string;
  readonly #descriptor: number;
  /** Bytes of whole lines. */
  #size = 0;
  #failure: ExperimentError | undefined;

  /**
   * Creates a record that only its owner can read: answers may hold what is nobody else's business.
   *
   * @param path where to; by default a new name in {@link recordsFolder}
   * @throws ExperimentError when it cannot be created, or exists: a record is never overwritten
   */
  constructor(path = defaultPath()) {
    this.path = resolve(path);
    this.#descriptor = create(this.path);
  }

  /**
   * Appends one line at once: what has reached the runner is on the record before anyone shows it.
   *
   * @throws ExperimentError when the disk does not take it
   */
  append(line: RecordLine): void {
    if (this.#failure) throw this.#failure;
    try {
      this.#size += writeLine(this.#descriptor, line);
    } catch (error) {
      // A line after a gap would spoil the record for its readers.
      this.#failure = (this.isEmpty ? unwritable : notContinued)(this.path, error);
      throw this.#failure;
    }
  }

  /** Whether anything was recorded. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /**
   * Closes the file; an empty one is removed. One that somebody deleted or moved away meanwhile is
   * written again.
   *
   * @throws ExperimentError when it is not whole any more, or could only be kept elsewhere
   */
  close(): void {
    try {
      if (!this.isEmpty) ensureKept(this.path, this.#descriptor, this.#size);
      // What somebody else has written into it meanwhile is theirs.
      else if (fstatSync(this.#descriptor).size === 0 && isAt(this.path, this.#descriptor)) {
        rmSync(this.path);
      }
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

/**
 * Appends one line whole or not at all: half a line would spoil the record for its readers.
 *
 * @param before what ends the line before it
 * @returns bytes that were written
 */
export function writeLine(descriptor: number, line: RecordLine, before = ""): number {
  const bytes = Buffer.from(`${before}${JSON.stringify(line)}\n`);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    return written;
  } catch (error) {
    ftruncateSync(descriptor, fstatSync(descriptor).size - written);
    throw error;
  }
}

/** Why no line can be added to a record, and what to do. */
export function notContinued(path: string, cause: unknown): ExperimentError {
  const { code = "" } = cause as Partial<NodeJS.ErrnoException>;
  const nextStep = NO_ROOM.has(code)
    ? "Make room on the disk and run again"
    : "Check that it is there and can be written to, and run again";
  return new ExperimentError(
    `The record ${path} cannot be continued: ${asSentence(rootMessage(cause))}`,
    `${nextStep}; what was written is kept.`,
    { cause },
  );
}

function create(path: string): number {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw unwritable(path, error);
  }
  try {
    // The name is taken before the shot: a runner that found it taken afterwards would have fired for nothing. What is
    // appended leaves no gap where somebody empties the file meanwhile.
    return openSync(path, "ax+", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(path, error);
    const message = `${path} exists, and a record is never overwritten.`;
    throw new ExperimentError(message, "Name another file with --out.", { cause: error });
  }
}

function unwritable(path: string, error: unknown): ExperimentError {
  return new UnwritableRecordError(
    `The record ${path} cannot be written: ${asSentence(rootMessage(error))}`,
    `Name a file with --out, or a folder with the variable ${DATA_FOLDER_VARIABLE}.`,
    { cause: error },
  );
}

function defaultPath(): string {
  const at = new Date().toISOString().replaceAll(":", "-");
  return join(recordsFolder(), `${at}-${randomBytes(3).toString("hex")}.ndjson`);
}

const CHUNK_BYTES = 1 << 20;

/*
 * What becomes of a record that somebody deletes, moves away, cuts or writes into while it is written:
 * as long as it is open, what was written into it can still be read.
 */

/** Whether what stands under a path is the open file. */
function isAt(path: string, descriptor: number): boolean {
  const open = fstatSync(descriptor);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.ino === open.ino && found.dev === open.dev;
}

/**
 * Makes sure that a record which was written stands under its path, and writes it there again where
 * it does not.
 *
 * @param descriptor of the record, still open, to be read too
 * @param size bytes that were written into it
 * @throws ExperimentError when somebody cut it or wrote into it, or where it could only be kept elsewhere
 */
function ensureKept(path: string, descriptor: number, size: number): void {
  const left = fstatSync(descriptor).size;
  if (left !== size) {
    const what =
      left < size
        ? `Somebody cut the record ${path} while it was written: ${size - left} bytes of it are lost.`
        : `Somebody wrote into the record ${path} while it was written: ${left - size} bytes in it are not its runner's.`;
    const nextStep = "Run again, and leave the record alone until it is concluded.";
    throw new ExperimentError(what, nextStep);
  }
  if (stands(path, descriptor)) return;
  try {
    writeAgain(path, descriptor);
  } catch (cause) {
    throw keptElsewhere(path, descriptor, cause);
  }
}

/** A path that cannot even be looked at, such as one below a file, leads to no record. */
function stands(path: string, descriptor: number): boolean {
  try {
    return isAt(path, descriptor);
  } catch {
    return false;
  }
}

/** Under no name that is taken: what stands there is somebody else's. */
function writeAgain(path: string, descriptor: number): void {
  makeFolder(dirname(path));
  const copy = openSync(path, "wx", 0o600);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; ; ) {
      const length = readSync(descriptor, chunk, 0, chunk.length, at);
      if (length === 0) return;
      writeFileSync(copy, chunk.subarray(0, length));
      at += length;
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(copy);
  }
}

/** Keeps a record where there is room for it, and says where. */
function keptElsewhere(path: string, descriptor: number, cause: unknown): ExperimentError {
  const gone = `The record is gone from ${path}, and cannot be written there again: ${rootMessage(cause)}.`;
  const name = `${process.pid}-${Date.now()}-${basename(path)}`;
  for (const folderOf of [recordsFolder, tmpdir]) {
    try {
      const kept = join(folderOf(), name);
      writeAgain(kept, descriptor);
      return new ExperimentError(
        `${gone} It was kept as ${kept}.`,
        `Read it with: npm run report -- ${kept}`,
        { cause },
      );
    } catch {
      // The next folder may have room.
    }
  }
  return new ExperimentError(gone, "Make room on the disk and run again.", { cause });
}
