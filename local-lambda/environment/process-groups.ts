/** Process groups of our own, and the reaper that ends them when we no longer can. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export class ProcessGroups {
  readonly #reaper: ChildProcess;
  readonly #mortal: readonly string[];
  readonly #folder: string;

  /**
   * @param folder removed at the end, whatever end that is
   * @param lifeline a descriptor that ends with whoever started this process; a moment later this
   * process is killed, if it has not ended
   */
  constructor(folder: string, lifeline?: number) {
    this.#folder = folder;
    const script = fileURLToPath(new URL("reaper.ts", import.meta.url));
    const isWatched = lifeline !== undefined;
    this.#reaper = spawn(
      process.execPath,
      [script, folder, ...(isWatched ? [String(process.pid)] : [])],
      { detached: true, stdio: ["pipe", "ignore", "inherit", ...(isWatched ? [lifeline] : [])] },
    );
    // A reaper that is gone cannot be told anything; its parent goes on without it.
    this.#reaper.stdin?.on("error", () => {});
    // After the reaper: whatever happens from here on, the folder is removed.
    this.#mortal = mortal();
  }

  /**
   * Starts a program in a folder as the leader of a group of its own, with its output on pipes. Where
   * the system can be asked to, it ends the program with this process, as the reaper does everywhere.
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
    const [command = program, ...rest] = [...this.#mortal, program, ...args];
    const child = spawn(command, rest, {
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

/**
 * What to put before a command so that Linux kills it when its parent ends: code in an endless loop
 * cannot notice by itself that both are gone, the reaper and the parent. The process stays the same.
 * https://man7.org/linux/man-pages/man1/setpriv.1.html
 */
function mortal(): string[] {
  const command = ["setpriv", "--pdeathsig", "KILL"];
  const [program = "", ...args] = command;
  const isThere =
    process.platform === "linux" && spawnSync(program, [...args, "true"]).status === 0;
  return isThere ? command : [];
}

/** Signals a whole group; one that has ended already is left alone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
