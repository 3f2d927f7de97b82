/** Makes the folders of what is kept. */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder that only its owner can look into, with those above it that are missing, one by
 * one. Node.js's own way to do that tries for ever where the system says of a new folder that what
 * is above it does not exist, though it does, as below `/proc`.
 *
 * @throws the system's error for the first one that cannot be made
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) {
    missing.push(folder);
    if (existsSync(dirname(folder))) break;
  }
  for (const folder of missing.reverse()) makeOne(folder);
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another one may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

/** One that cannot even be looked at may be none. */
function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
