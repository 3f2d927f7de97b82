/** Process groups of our own, and the reaper that ends them when we no longer can. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { signalIfThere } from "../../basics/signals.ts";

const REAPER = fileURLToPath(new URL("reaper.ts", import.meta.url));

/**
 * Becomes a program once a line has come on its standard input, and ends if none will. So nothing of
 * a program runs before the reaper knows of its group, whenever this process is killed. What shells
 * add to the environment of a program is taken away.
 */
const GATE = 'read -r _ && unset PWD OLDPWD SHLVL && exec "$0" "$@" </dev/null';

export class ProcessGroups {
  readonly #folder: string;
  readonly #lifeline: number | undefined;
  /** By the ids of their leaders. */
  readonly #groups = new Set<number>();
  #reaper: ChildProcess;
  #isClosing = false;

  /**
   * @param folder removed at the end, whatever end that is
   * @param lifeline a descriptor that ends with the starter of this process; a moment later this
   * process is killed, if it has not ended
   */
  constructor(folder: string, lifeline?: number) {
    this.#folder = folder;
    this.#lifeline = lifeline;
    this.#reaper = this.#startReaper();
  }

  /**
   * Starts a program in a folder as the leader of a group of its own, with its output on pipes. It
   * ends with this process at the latest.
   *
   * @param extra more pipes, from descriptor 3 on
   */
  start(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
    cwd: string,
    extra: readonly "pipe"[] = [],
  ): ChildProcess {
    const child = spawn("/bin/sh", ["-c", GATE, program, ...args], {
      cwd,
      detached: true,
      stdio: ["pipe", "pipe", "pipe", ...extra],
      env,
    });
    const { pid, stdin } = child;
    if (pid === undefined) return child;
    assert(stdin, "the standard input of a process is a pipe");
    // It may be killed before it has read the line.
    stdin.on("error", () => {});
    this.#groups.add(pid);
    this.#tellReaper(`+${pid}`, () => stdin.end("\n"));
    child.once("exit", () => {
      // Whatever the leader started goes with it.
      signalIfThere(-pid, "SIGKILL");
      this.#groups.delete(pid);
      this.#tellReaper(`-${pid}`);
    });
    return child;
  }

  /** Ends the reaper and removes the folder, as it would. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const reaper = this.#reaper;
    if (reaper.exitCode === null && reaper.signalCode === null) {
      const exited = once(reaper, "exit");
      reaper.stdin?.end();
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A reaper that is killed is followed by another, which is given all groups. */
  #startReaper(): ChildProcess {
    const isWatched = this.#lifeline !== undefined;
    const embedded = isWatched ? String(process.pid) : "";
    const groups = [...this.#groups].map(String);
    const reaper = spawn(process.execPath, [REAPER, this.#folder, embedded, ...groups], {
      detached: true,
      stdio: ["pipe", "ignore", "inherit", ...(isWatched ? [this.#lifeline] : [])],
    });
    // One that is gone cannot be told anything.
    reaper.stdin?.on("error", () => {});
    reaper.once("exit", (_, signal) => {
      if (signal !== null && !this.#isClosing) this.#reaper = this.#startReaper();
    });
    return reaper;
  }

  /** @param then called when the reaper has been told, or is gone */
  #tellReaper(line: string, then?: () => void): void {
    const { stdin } = this.#reaper;
    assert(stdin, "the standard input of the reaper is a pipe");
    stdin.write(`${line}\n`, () => then?.());
  }
}
