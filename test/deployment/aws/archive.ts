/** The archive of a function's code, as a program made it and the engine hands it over. */

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ASSET_OR_ARCHIVE, isArchive, isRecord, SIGNATURE } from "./properties.ts";

/**
 * The files of an archive, by path.
 *
 * @throws Error when it holds what this program has no use for, such as another archive
 */
export function filesOf(archive: unknown): Map<string, Buffer> {
  if (!isArchive(archive)) throw new Error("The function's code is no archive.");
  const { assets } = archive;
  if (!isRecord(assets)) throw new Error("The function's archive is not made of assets.");
  return new Map(Object.entries(assets).map(([path, asset]) => [path, contentOf(path, asset)]));
}

function contentOf(path: string, asset: unknown): Buffer {
  if (isRecord(asset) && asset[SIGNATURE] === ASSET_OR_ARCHIVE.asset) {
    if (typeof asset.text === "string") return Buffer.from(asset.text);
    if (typeof asset.path === "string") return readFileSync(asset.path);
  }
  throw new Error(`${path} in the function's archive is neither a text nor a file.`);
}

/** SHA-256 in base64, as Lambda states it; of names and contents, so it does not hang on a date. */
export function codeSha256(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash("sha256");
  for (const [path, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("base64");
}

/** Writes the files into a new folder, which the caller removes. */
export function unpack(files: ReadonlyMap<string, Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), "test-of-lambda-concurrency-code-"));
  for (const [path, content] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}
