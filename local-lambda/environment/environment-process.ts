/** The process of an environment: in a group of its own, with its output in the environment's log. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { InvocationResult } from "../invocation.ts";
import type { LogStream } from "./log-stream.ts";
import { killGroup, type ProcessGroups } from "./process-groups.ts";
import type { Task } from "./task.ts";

/** How long a process may take to end on SIGTERM before it is killed, in milliseconds. */
const SHUTDOWN_MS = 500;

/** What it usually means that Node.js ends like this. */
const USUAL_CAUSES: Record<string, string> = {
  "0": "as when nothing is left to do and a promise was never settled",
  "1": "as after an error that nobody caught",
  "13": "as when a promise was never settled",
  SIGABRT: "as when the memory is used up",
};

/** What a process tells its environment. */
export interface ProcessEvents {
  /** It has ended, in whatever way. */
  onExit(process: EnvironmentProcess): void;
  /** The system refused to start it. */
  onError(error: unknown): void;
  /** It has not initialized within its limit. */
  onSlow(): void;
}

export class EnvironmentProcess {
  readonly #child: ChildProcess;
  readonly #initTimer: NodeJS.Timeout;

  /**
   * @param initLimit how long initialization may take, in milliseconds
   * @param extra more pipes, from descriptor 3 on
   */
  constructor(
    groups: ProcessGroups,
    { program, root }: Task,
    variables: Record<string, string>,
    log: LogStream,
    events: ProcessEvents,
    initLimit: number,
    extra: readonly "pipe"[] = [],
  ) {
    const child = groups.start(process.execPath, program, variables, root, extra);
    this.#child = child;
    if (child.stdout) log.follow(child.stdout);
    if (child.stderr) log.follow(child.stderr);
    child.once("error", (error) => {
      this.initialized();
      events.onError(error);
    });
    child.once("exit", () => {
      this.initialized();
      events.onExit(this);
    });
    this.#initTimer = setTimeout(() => events.onSlow(), initLimit);
  }

  /** It has done what it was given a limit for, or never will. */
  initialized(): void {
    clearTimeout(this.#initTimer);
  }

  /** What it writes to one of its extra pipes. */
  output(descriptor: number): Readable | undefined {
    return this.#child.stdio[descriptor] as Readable | undefined;
  }

  /** What Lambda says of a process that ended during an invocation. */
  get exitResult(): InvocationResult {
    const { signalCode, exitCode } = this.#child;
    const how = signalCode ? `signal: ${signalCode}` : `exit status ${exitCode}`;
    const usual = USUAL_CAUSES[signalCode ?? `${exitCode}`];
    const errorMessage = `Runtime exited with error: ${how}${usual ? `, ${usual}` : ""}`;
    return { kind: "error", errorType: "Runtime.ExitError", errorMessage };
  }

  get isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** It has ended of its own accord and without complaint. */
  get hasFinished(): boolean {
    return this.#child.exitCode === 0;
  }

  /** Ends it and whatever it started, now. */
  kill(): void {
    if (this.#child.pid !== undefined) killGroup(this.#child.pid, "SIGKILL");
  }

  /** Ends it by SIGTERM, and by SIGKILL what does not listen; resolves when it has ended. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || !this.isRunning) return;
    this.initialized();
    const exit = once(this.#child, "exit");
    killGroup(pid, "SIGTERM");
    const timer = setTimeout(() => this.kill(), SHUTDOWN_MS);
    await exit;
    clearTimeout(timer);
  }
}
