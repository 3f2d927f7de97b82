/** Where an experiment is written while it happens. */

import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { recordsFolder } from "./data-folder.ts";
import { ensureKept, isAt } from "./lost-record.ts";
import { makeFolder } from "./make-folder.ts";

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
    // The name is taken before the shot: who finds it taken afterwards has fired for nothing. What is
    // appended leaves no gap where somebody empties the file meanwhile.
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
