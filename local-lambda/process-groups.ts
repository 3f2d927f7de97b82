/** Process groups of our own, and the reaper that ends them when we no longer can. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export class ProcessGroups {
  readonly #reaper: ChildProcess;
  readonly #folder: string;

  /** @param folder removed at the end, whatever end that is */
  constructor(folder: string) {
    this.#folder = folder;
    const script = fileURLToPath(new URL("reaper.ts", import.meta.url));
    this.#reaper = spawn(process.execPath, [script, folder], {
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
    });
    // A reaper that is gone cannot be told anything; its parent goes on without it.
    this.#reaper.stdin?.on("error", () => {});
  }

  /**
   * Starts a program in a folder as the leader of a group of its own, with its output on pipes.
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
    const child = spawn(program, args, {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...extra],
      env,
    });
    const { pid } = child;
    if (pid !== undefined) {
      this.#tell(`+${pid}`);
      child.once("exit", () => {
        // Whatever the leader started goes with it.
        killGroup(pid, "SIGKILL");
        this.#tell(`-${pid}`);
      });
    }
    return child;
  }

  /** Ends the reaper and removes the folder, as it would. */
  async close(): Promise<void> {
    if (this.#reaper.exitCode === null && this.#reaper.signalCode === null) {
      const exited = once(this.#reaper, "exit");
      this.#reaper.stdin?.end();
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  #tell(line: string): void {
    this.#reaper.stdin?.write(`${line}\n`);
  }
}

/** Signals a whole group; one that has ended already is left alone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
