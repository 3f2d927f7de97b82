/**
 * What becomes of a record that somebody deletes, moves away, cuts or writes into while it is written:
 * as long as it is open, what was written into it can still be read.
 */

import { closeSync, fstatSync, openSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { recordsFolder } from "./data-folder.ts";
import { makeFolder } from "./make-folder.ts";

const CHUNK_BYTES = 1 << 20;

/** Whether what stands under a path is the open file. */
export function isAt(path: string, descriptor: number): boolean {
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
export function ensureKept(path: string, descriptor: number, size: number): void {
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
