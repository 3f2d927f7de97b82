/** The archives that a program hands over, unpacked into folders from which they run. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ASSET_OR_ARCHIVE, isArchive, isRecord, SIGNATURE } from "./properties.ts";

export interface UnpackedCode {
  folder: string;
  /** SHA-256 in base64, as Lambda states it; of names and contents, so that no date is in it. */
  codeSha256: string;
  codeSize: number;
}

export class Archives {
  /** Every folder into which code was ever unpacked, by its name in the system's temporary folder. */
  readonly folders = new Set<string>();

  /**
   * Writes the files of an archive into a new folder, which is the caller's to remove.
   *
   * @throws Error when it is no archive of a program's own
   */
  unpack(code: unknown): UnpackedCode {
    if (!isArchive(code) || !isRecord(code.assets)) throw new Error("The code is no archive.");
    const folder = mkdtempSync(join(tmpdir(), "test-of-lambda-concurrency-code-"));
    this.folders.add(basename(folder));
    const hash = createHash("sha256");
    let codeSize = 0;
    for (const [path, asset] of Object.entries(code.assets).toSorted()) {
      const content = contentOf(asset);
      writeFileSync(join(folder, path), content);
      hash.update(`${path}\0${content.length}\0`).update(content);
      codeSize += content.length;
    }
    return { folder, codeSha256: hash.digest("base64"), codeSize };
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function contentOf(asset: unknown): Buffer {
  assert(isRecord(asset) && asset[SIGNATURE] === ASSET_OR_ARCHIVE.asset, "It is no asset.");
  return typeof asset.text === "string"
    ? Buffer.from(asset.text)
    : readFileSync(String(asset.path));
}
