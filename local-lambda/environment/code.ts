/**
 * The code in a folder of the user's: whether it is there, which code it is, and whether it was
 * edited while it is served. Every new process reads the code from the folder, so an edit that nobody
 * noticed would leave old and new code side by side.
 *
 * The files are looked through before each request and each start of an environment, by size, time
 * and inode. That is exact where the system's notices of changes are late, limited in number, or
 * missing, as on network drives. What differs is then read: only other content is another version.
 */

import { createHash } from "node:crypto";
import { type Dirent, existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join, resolve, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Model } from "../../basics/models.ts";
import type { FunctionCode } from "../function-configuration.ts";
import { StartError } from "../start-error.ts";

/** Code in a folder, at one moment. */
export interface CodeVersion {
  /** LAMBDA_TASK_ROOT: the folder that holds the handler, as an absolute path. */
  root: string;
  /** Of the code, in hexadecimal. */
  codeSha256: string;
  /** As they were before the hash was taken. */
  files: CodeFiles;
}

/** The files of a folder, by their path in it, and by what it shows that one was written. */
type CodeFiles = ReadonlyMap<string, string>;

/** Files of packages may be many, and are hardly ever edited. */
const PACKAGES = "node_modules";

/** What a handler's file may end with, in the order in which it is looked for. */
const EXTENSIONS = [".js", ".mjs", ".cjs"];

/** Of the files that are there instead of one that is not, so many are named. */
const MOST_NAMED = 10;

/** What editors keep beside a file while it is open: no code, and no reason to start anything anew. */
const EDITORS_FILE = /^(\.#.*|#.*#|.*~|\..*\.sw[a-p]|4913)$/;

/**
 * Finds the handler's file as AWS's runtime client will, or that of a Web Function's server. Whether the
 * file exports the handler, or listens, shows when an environment loads it: as on AWS, requests are
 * then answered with 502, and the log says why.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-runtimes.html
 *
 * @throws StartError when the folder or the file is missing, or a file cannot be read
 */
export async function openCode(
  { root, handler }: FunctionCode,
  model: Model = "on-demand",
): Promise<CodeVersion> {
  const folder = resolve(root);
  try {
    findFolder(folder);
    if (model === "web-function") findServer(folder, handler);
    else findHandler(folder, handler);
    const files = new Map([...listCode(folder, "own"), ...listCode(folder, "packages")]);
    return { root: folder, files, codeSha256: await hashOf(folder, files.keys()) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError("unreadable code", { lack: unreadable(error) }, { cause: error });
  }
}

function findFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory())
    throw new StartError("no folder", { folder, isFile: found !== undefined });
}

function findServer(folder: string, file: string): void {
  const path = resolve(folder, file);
  const isInside = path.startsWith(`${folder}${sep}`);
  if (!isInside || !statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new StartError("no server file", { file, folder });
  }
}

function findHandler(folder: string, handler: string): void {
  const module = handlerModule(handler);
  if (module === undefined) throw new StartError("no handler name", { handler });
  if (!hasHandlerFile(folder, module)) {
    const names = EXTENSIONS.map((extension) => `${module}${extension}`);
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const there = files.map(({ name }) => name).slice(0, MOST_NAMED);
    throw new StartError("no handler file", { handler, folder, names, there });
  }
}

/**
 * The file of a handler without its extension, relative to the folder of the code: the first dot of the
 * last segment divides file and export.
 *
 * @returns `undefined` when it is no handler's name
 */
function handlerModule(handler: string): string | undefined {
  const file = basename(handler);
  const [, name] = /^([^.]+)\..+$/s.exec(file) ?? [];
  // The runtime refuses to leave the folder like this.
  if (name === undefined || handler.includes("..")) return undefined;
  return join(handler.slice(0, handler.indexOf(file)), name);
}

function hasHandlerFile(root: string, module: string): boolean {
  const paths = ["", ...EXTENSIONS].map((extension) => `${resolve(root, module)}${extension}`);
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return statSync(found).isFile();
  try {
    // At last the runtime looks for a package of that name.
    createRequire(join(root, "index.js")).resolve(basename(module), {
      paths: [root, join(root, module, "..")],
    });
    return true;
  } catch {
    return false;
  }
}

/** What the system says, which names the file. */
function unreadable(error: unknown): string {
  return `The code cannot be read: ${error instanceof Error ? error.message : error}`;
}

/**
 * Lists the files of a folder, and links without following them. Takes about 5 ms for 1,000 files.
 *
 * @throws the system's error when a folder is missing or cannot be read
 */
function listCode(root: string, part: "own" | "packages"): CodeFiles {
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
async function hashOf(root: string, names: Iterable<string>): Promise<string> {
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

/** How long nothing may have been written for an edit to be complete, in milliseconds. */
const CALM_MS = 100;
/**
 * How long that is waited for, in milliseconds: an editor may still be saving, or a bundler have
 * removed what it writes anew. A folder may also be written to all the time, by the handler itself.
 */
const PATIENCE_MS = 2_000;

/** @param edit the changed files by their paths in the folder, of which there is at least one */
export type OnEdit = (edit: readonly string[]) => void;

/** Why code that was served cannot be served any more. */
export type CodeLack =
  | { kind: "folder gone"; folder: string }
  /** What the system says, which names the file, as a sentence without its full stop. */
  | { kind: "unreadable"; why: string };

/** Notices edits of the code that is served. */
export class CodeEdits {
  readonly #onEdit: OnEdit;
  readonly #seen: readonly SeenFiles[];
  #served: CodeVersion;
  #lack: CodeLack | undefined;
  #taking: Promise<void> | undefined;

  /** @param onEdit called when the code has changed, before the requests that wait go on */
  constructor(served: CodeVersion, onEdit: OnEdit) {
    this.#served = served;
    this.#onEdit = onEdit;
    this.#seen = [new SeenFiles(served, "own"), new SeenFiles(served, "packages")];
  }

  /** Of the version that serves new requests, in hexadecimal. */
  get codeSha256(): string {
    return this.#served.codeSha256;
  }

  /** Why there is no code to serve now. */
  get lack(): CodeLack | undefined {
    return this.#lack;
  }

  /** Resolves at once where nothing was edited, and else when the edit is complete and was told. */
  async settle(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    do {
      if (!this.#taking) {
        if (!this.#seen.some((part) => part.hasChanged())) return;
        this.#taking = this.#take().finally(() => {
          this.#taking = undefined;
        });
      }
      await this.#taking;
    } while (performance.now() < until);
  }

  /** Waits for a calm moment, and takes what is there then. */
  async #take(): Promise<void> {
    const { root, codeSha256: servedSha256, files: servedFiles } = this.#served;
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      for (const part of this.#seen) part.refresh();
      await wait(CALM_MS);
      const files = new Map(this.#seen.flatMap((part) => [...part.files]));
      const codeSha256 = await this.#read(files);
      const isCalm = this.#seen.every((part) => part.isCurrent());
      if ((!isCalm || codeSha256 === undefined) && performance.now() < until) continue;
      if (codeSha256 === undefined || codeSha256 === servedSha256) return;
      this.#served = { root, codeSha256, files };
      this.#onEdit(differences(servedFiles, files));
      return;
    }
  }

  /** The hash of these files; `undefined` when there is none to be had, and why is the lack. */
  async #read(files: CodeFiles): Promise<string | undefined> {
    const { root } = this.#served;
    this.#lack = undefined;
    try {
      const why = files.get(UNLISTED);
      if (why === undefined) return await hashOf(root, files.keys());
      this.#lack = existsSync(root)
        ? { kind: "unreadable", why }
        : { kind: "folder gone", folder: root };
    } catch (error) {
      this.#lack = { kind: "unreadable", why: unreadable(error) };
    }
    return undefined;
  }
}

/** Stands among the names for a folder that cannot be listed; why stands where a file's times do. */
const UNLISTED = "";

/**
 * How much of the time may go into looking through files. A handful takes a tenth of a millisecond;
 * 10,000 take 50 ms, and are looked through twice a second at most. Files of packages have a share of
 * their own, so that an edit of the code beside them is seen at once.
 */
const SHARE = 0.1;
/** How long an edit of very many files may go unnoticed, in milliseconds. */
const MAX_REST_MS = 1_000;

/** What is seen of the files of a folder, and when it is time to look again. */
class SeenFiles {
  files: CodeFiles;
  readonly #root: string;
  readonly #part: "own" | "packages";
  #tookMs = 0;
  #nextAt = 0;

  constructor({ root, files }: CodeVersion, part: "own" | "packages") {
    this.#root = root;
    this.#part = part;
    const isOfPart = (name: string) =>
      name.split("/").slice(0, -1).includes(PACKAGES) === (part === "packages");
    this.files = new Map([...files].filter(([name]) => isOfPart(name)));
  }

  /** Whether the files are others than those that were seen; not asked too often. */
  hasChanged(): boolean {
    return performance.now() >= this.#nextAt && !this.isCurrent();
  }

  isCurrent(): boolean {
    return differences(this.files, this.#list()).length === 0;
  }

  refresh(): void {
    this.files = this.#list();
  }

  #list(): CodeFiles {
    const startedAt = performance.now();
    try {
      return listCode(this.#root, this.#part);
    } catch (error) {
      return new Map([[UNLISTED, unreadable(error)]]);
    } finally {
      const endedAt = performance.now();
      const tookMs = endedAt - startedAt;
      // One look that a busy machine made slow says nothing about the next.
      const restMs = Math.min(tookMs, this.#tookMs) / SHARE;
      this.#nextAt = endedAt + Math.min(restMs, MAX_REST_MS);
      this.#tookMs = tookMs;
    }
  }
}

/** The files that were added, removed, or written anew. */
function differences(before: CodeFiles, after: CodeFiles): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}
