/** Code in a folder of the user's: whether it is there, and which code it is. */

import { createHash } from "node:crypto";
import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FunctionCode } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";
import { EXTENSIONS, handlerFile, handlerParts } from "./handler-file.ts";

/** Code that an environment can run. */
export interface Code {
  /** LAMBDA_TASK_ROOT: the folder that holds the handler, as an absolute path. */
  root: string;
  /** _HANDLER: the file without its extension, and the export. */
  handler: string;
  /** Of the code, in hexadecimal. */
  codeSha256: string;
}

/** Code in a folder that may be edited. */
export interface GivenCode extends Code {
  /** As they were before the hash was taken. */
  files: CodeFiles;
}

/** The files of a folder, by their path in it, and by what it shows that one was written. */
export type CodeFiles = ReadonlyMap<string, string>;

/** Files of packages may be many, and are hardly ever edited. */
export type Part = "own" | "packages";

const PACKAGES = "node_modules";

export function partOf(name: string): Part {
  return name.split("/").slice(0, -1).includes(PACKAGES) ? "packages" : "own";
}

/** What editors keep beside a file while it is open: no code, and no reason to start anything anew. */
const EDITORS_FILE = /^(\.#.*|#.*#|.*~|\..*\.sw[a-p]|4913)$/;

/**
 * Finds the handler's file as AWS's runtime client will. Whether the file exports the handler shows
 * when an environment loads it: as on AWS, requests are then answered with 502, and the log says
 * `Runtime.HandlerNotFound`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * @throws StartError when the folder or the handler's file is missing, or a file cannot be read
 */
export async function openCode({ root, handler }: FunctionCode): Promise<GivenCode> {
  const folder = resolve(root);
  try {
    return await findCode(folder, handler);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError("unreadable code", { lack: unreadable(error) }, { cause: error });
  }
}

/** What the system says, which names the file. */
export function unreadable(error: unknown): string {
  return `The code cannot be read: ${error instanceof Error ? error.message : error}`;
}

async function findCode(folder: string, handler: string): Promise<GivenCode> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StartError("no folder", { folder });
  }
  const parts = handlerParts(handler);
  if (parts === undefined) throw new StartError("no handler name", { handler });
  if (handlerFile(folder, parts.module) === undefined) {
    const names = EXTENSIONS.map((extension) => `${parts.module}${extension}`);
    throw new StartError("no handler file", { handler, folder, names });
  }
  const files = new Map([...listCode(folder, "own"), ...listCode(folder, "packages")]);
  return { root: folder, handler, files, codeSha256: await hashOf(folder, files.keys()) };
}

/**
 * Lists the files of a folder, and links without following them. Takes about 5 ms for 1,000 files.
 *
 * @throws the system's error when a folder is missing or cannot be read
 */
export function listCode(root: string, part: Part): CodeFiles {
  const files = new Map<string, string>();
  const list = (folder: string, isPackage: boolean) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const isPackages = isPackage || entry.name === PACKAGES;
        if (part === "packages" || !isPackages) list(name, isPackages);
      } else if (isPackage === (part === "packages") && isCode(entry)) {
        const stat = lstatSync(join(root, name), { throwIfNoEntry: false });
        if (stat) files.set(name, `${stat.size} ${stat.ino} ${stat.mtimeMs} ${stat.ctimeMs}`);
      }
    }
  };
  list("", false);
  return files;
}

function isCode(entry: Dirent): boolean {
  return (entry.isFile() || entry.isSymbolicLink()) && !EDITORS_FILE.test(entry.name);
}

/** Files that are read at once: one by one, thousands would take seconds. */
const BATCH = 64;

/** Of all files, by name and content; of links, by what they point to. Empty folders do not count. */
export async function hashOf(root: string, names: Iterable<string>): Promise<string> {
  const hash = createHash("sha256");
  const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
  for (let start = 0; start < sorted.length; start += BATCH) {
    const batch = sorted.slice(start, start + BATCH);
    const read = await Promise.all(batch.map((name) => readCode(join(root, name))));
    for (const [at, { kind, content }] of read.entries()) {
      hash.update(`${batch[at]}\0${kind}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex");
}

async function readCode(path: string): Promise<{ kind: "file" | "link"; content: Buffer }> {
  if (!lstatSync(path).isSymbolicLink()) return { kind: "file", content: await readFile(path) };
  return { kind: "link", content: Buffer.from(await readlink(path)) };
}
