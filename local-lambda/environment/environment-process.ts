/** The process of an environment: in a group of its own, with its output in the environment's log. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { signalIfThere } from "../../basics/signals.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import type { FunctionFailure } from "../invocation.ts";
import type { LogStream } from "./log-stream.ts";
import type { ProcessGroups } from "./process-groups.ts";
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

/** What all environments of an embedded Lambda are made from. */
export interface EnvironmentPlan {
  configuration: FunctionConfiguration;
  task: Task;
  groups: ProcessGroups;
  /** Called with each line that an environment logs, and its request as far as that is known. */
  onLog?: ((environment: string, text: string, requestId: string | undefined) => void) | undefined;
}

/** How long the end of a process may follow that of its connections, in milliseconds. */
export const EXIT_MS = 200;

/** What becomes of what was inside a worker thread that has ended. */
export const THREAD_ENDED: FunctionFailure = {
  kind: "error",
  errorType: "Runtime.ExitError",
  errorMessage: "Runtime worker thread ended",
};

export class EnvironmentProcess {
  /** Resolves when it has ended, in whatever way; rejects when the system refuses to start it. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #hasThreads: boolean;

  /**
   * @param extra more pipes, from descriptor 3 on
   * @throws what the system says at once when it refuses to start it
   */
  constructor(
    { configuration, task, groups }: EnvironmentPlan,
    variables: Record<string, string>,
    log: LogStream,
    extra: readonly "pipe"[] = [],
  ) {
    const child = groups.start(process.execPath, task.program, variables, task.root, extra);
    this.#child = child;
    this.#hasThreads = configuration.model === "managed-instances";
    this.ended = once(child, "exit").then(() => {});
    this.ended.catch(() => {});
    // One that was refused has no output.
    if (child.stdout) log.follow(child.stdout);
    if (child.stderr) log.follow(child.stderr);
  }

  /** What it writes to one of its extra pipes; one that the system refused to start has none. */
  output(descriptor: number): Readable | undefined {
    const { stdio } = this.#child as { stdio?: ChildProcess["stdio"] };
    return stdio?.[descriptor] as Readable | undefined;
  }

  /**
   * What Lambda says of a process that ended during an invocation. That of Managed Instances finishes,
   * without complaint, with the last of its threads.
   */
  get exitFailure(): FunctionFailure {
    const { signalCode, exitCode } = this.#child;
    if (this.#hasThreads && exitCode === 0) return THREAD_ENDED;
    const how = signalCode ? `signal: ${signalCode}` : `exit status ${exitCode}`;
    const usual = USUAL_CAUSES[signalCode ?? `${exitCode}`];
    const errorMessage = `Runtime exited with error: ${how}${usual ? `, ${usual}` : ""}`;
    return { kind: "error", errorType: "Runtime.ExitError", errorMessage };
  }

  get isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** Ends it and whatever it started, now. */
  kill(): void {
    if (this.#child.pid !== undefined) signalIfThere(-this.#child.pid, "SIGKILL");
  }

  /** Ends it by SIGTERM, and by SIGKILL what does not listen; resolves when it has ended. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || !this.isRunning) return;
    signalIfThere(-pid, "SIGTERM");
    const timer = setTimeout(() => this.kill(), SHUTDOWN_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
