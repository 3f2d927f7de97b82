/**
 * Notices that the code in a folder was edited while it is served. Every new process reads the code
 * from the folder, so an edit that nobody noticed would leave old and new code side by side.
 *
 * The files are looked through before each request and each start of an environment, by size, time
 * and inode. That is exact where the system's notices of changes are late, limited in number, or
 * missing, as on network drives. What differs is then read: only other content is another version.
 */

import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type CodeFiles, hashOf, listCode, type Part, partOf, unreadable } from "./code-folder.ts";

/**
 * How much of the time may go into looking through files. A handful takes a tenth of a millisecond;
 * 10,000 take 50 ms, and are looked through twice a second at most. Files of packages have a share of
 * their own, so that an edit of the code beside them is seen at once.
 */
const SHARE = 0.1;
/** How long an edit of very many files may go unnoticed, in milliseconds. */
const MAX_REST_MS = 1_000;
/** How long nothing may have been written for an edit to be complete, in milliseconds. */
const CALM_MS = 100;
/**
 * How long that is waited for, in milliseconds: an editor may still be saving, or a bundler have
 * removed what it writes anew. A folder may also be written to all the time, by the handler itself.
 */
const PATIENCE_MS = 2_000;

/** What is served from a folder of the user's. */
export interface CodeVersion {
  root: string;
  /** Of the code, in hexadecimal. */
  codeSha256: string;
  files: CodeFiles;
}

/** @param edit the changed files by their paths in the folder, of which there is at least one */
export type OnEdit = (edit: readonly string[]) => void;

export class CodeEdits {
  readonly #root: string;
  readonly #onEdit: OnEdit;
  readonly #own: Look;
  readonly #packages: Look;
  #served: CodeVersion;
  #lack: string | undefined;
  #taking: Promise<void> | undefined;

  /** @param onEdit called when the code has become another, before anything waits for it no longer */
  constructor(served: CodeVersion, onEdit: OnEdit) {
    this.#root = served.root;
    this.#served = served;
    this.#onEdit = onEdit;
    this.#own = new Look(served.root, "own", served.files);
    this.#packages = new Look(served.root, "packages", served.files);
  }

  /** Of the version that serves new requests, in hexadecimal. */
  get codeSha256(): string {
    return this.#served.codeSha256;
  }

  /** Why there is no code to serve now, and what helps. */
  get lack(): string | undefined {
    return this.#lack;
  }

  /** Resolves at once where nothing was edited, and else when the edit is complete and was told. */
  async settle(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    do {
      if (!this.#taking) {
        if (!this.#own.hasChanged() && !this.#packages.hasChanged()) return;
        this.#taking = this.#take().finally(() => {
          this.#taking = undefined;
        });
      }
      await this.#taking;
    } while (performance.now() < until);
  }

  /** Waits for a calm moment, and takes what is there then. */
  async #take(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      this.#own.look();
      this.#packages.look();
      await wait(CALM_MS);
      const files = new Map([...this.#own.files, ...this.#packages.files]);
      const codeSha256 = await this.#read(files);
      const isCalm = this.#own.isCurrent() && this.#packages.isCurrent();
      if ((!isCalm || codeSha256 === undefined) && performance.now() < until) continue;
      if (codeSha256 === undefined || codeSha256 === this.codeSha256) return;
      const changed = differences(this.#served.files, files);
      this.#served = { root: this.#root, codeSha256, files };
      this.#onEdit(changed);
      return;
    }
  }

  /** The hash of these files; `undefined` when there is none to be had, and why is the lack. */
  async #read(files: CodeFiles): Promise<string | undefined> {
    this.#lack = undefined;
    try {
      const lack = files.get(UNLISTED);
      if (lack === undefined) return await hashOf(this.#root, files.keys());
      this.#lack = existsSync(this.#root)
        ? `${lack}. Make all of the folder readable.`
        : `The folder of the code is gone: ${this.#root}. Put it back, or name another: --code.`;
    } catch (error) {
      this.#lack = `${unreadable(error)}. Make all of the folder readable.`;
    }
    return undefined;
  }
}

/** Stands among the names for a folder that cannot be listed; why stands where a file's times do. */
const UNLISTED = "";

/** What is seen of the files of a folder, and when it is time to look again. */
class Look {
  files: CodeFiles;
  readonly #root: string;
  readonly #part: Part;
  #tookMs = 0;
  #nextAt = 0;

  constructor(root: string, part: Part, known: CodeFiles) {
    this.#root = root;
    this.#part = part;
    this.files = new Map([...known].filter(([name]) => partOf(name) === part));
  }

  /** Whether the files are others than those that were seen; not asked too often. */
  hasChanged(): boolean {
    return performance.now() >= this.#nextAt && !this.isCurrent();
  }

  isCurrent(): boolean {
    const now = this.#list();
    return now.size === this.files.size && differences(this.files, now).length === 0;
  }

  look(): void {
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
