/** The folder of an embedded Lambda's own files, among those for temporary ones. */

import { mkdtempSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { StartError } from "../start-error.ts";

/**
 * Makes a new folder, for this user alone.
 *
 * @throws StartError when there can be none
 */
export function makeTemporaryFolder(): string {
  try {
    return mkdtempSync(resolve(tmpdir(), "lambda-concurrency-test-"));
  } catch (error) {
    throw noRoom(error);
  }
}

/**
 * Writes a file into such a folder and gives its path.
 *
 * @throws StartError when it cannot be written
 */
export async function writeTemporaryFile(
  folder: string,
  name: string,
  text: string,
): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text).catch((error: unknown) => {
    throw noRoom(error);
  });
  return file;
}

function noRoom(error: unknown): StartError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartError("no temporary files", { folder: tmpdir(), reason }, { cause: error });
}
