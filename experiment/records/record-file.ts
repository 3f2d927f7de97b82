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
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { makeFolder, recordsFolder } from "./data-folder.ts";

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

/** Why no line can be added to a record. */
export function notContinued(path: string, cause: unknown): ExperimentError {
  const facts = { path, why: rootMessage(cause), code: rootCode(cause) };
  return new ExperimentError("record not continued", facts, { cause });
}

function create(path: string): number {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw unwritable(path, error);
  }
  try {
    // The name is taken before the shot: a runner that found it taken afterwards would have fired for
    // nothing. What is appended leaves no gap where somebody empties the file meanwhile.
    return openSync(path, "ax+", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(path, error);
    throw new ExperimentError("record exists", { path }, { cause: error });
  }
}

function unwritable(path: string, cause: unknown): ExperimentError {
  const facts = { path, why: rootMessage(cause), code: rootCode(cause) };
  return new ExperimentError("record not begun", facts, { cause });
}

function defaultPath(): string {
  const at = new Date().toISOString().replaceAll(":", "-");
  return join(recordsFolder(), `${at}-${randomBytes(3).toString("hex")}.ndjson`);
}

// A record that somebody deletes, moves away, cuts or writes into while it is written: as long as it is
// open, what was written into it can still be read.

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
 * @throws ExperimentError when somebody cut it or wrote into it, or where it could only be kept
 *   elsewhere
 */
function ensureKept(path: string, descriptor: number, size: number): void {
  const left = fstatSync(descriptor).size;
  if (left !== size) {
    throw new ExperimentError("record changed", { path, bytes: left - size });
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

/** So much of a record is copied at a time. */
const CHUNK_BYTES = 1 << 20;

/** Writes a record again, under its own name unless that is taken: what stands there is another's. */
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
  const lost = (keptAs?: string) =>
    new ExperimentError("record gone", { path, why: rootMessage(cause), keptAs }, { cause });
  const name = `${process.pid}-${Date.now()}-${basename(path)}`;
  for (const folderOf of [recordsFolder, tmpdir]) {
    try {
      const kept = join(folderOf(), name);
      writeAgain(kept, descriptor);
      return lost(kept);
    } catch {
      // The next folder may have room.
    }
  }
  return lost();
}
