/** The runtime of an environment: a process that initializes, and is started again when it ends. */

import { type FunctionConfiguration, TRAITS } from "../function-configuration.ts";
import type { InvocationResult } from "../invocation.ts";
import { EnvironmentProcess } from "./environment-process.ts";
import { initReport, initStart } from "./init-events.ts";
import { initLimitMs, notWithin } from "./init-limit.ts";
import type { LogStream } from "./log-stream.ts";
import type { ProcessGroups } from "./process-groups.ts";
import type { Task } from "./task.ts";

/** What becomes of what was inside a thread that has ended. */
export const THREAD_ENDED: InvocationResult = {
  kind: "error",
  errorType: "Runtime.ExitError",
  errorMessage: "Runtime worker thread ended",
};

/** What a runtime tells its environment. */
export interface RuntimeLife {
  /** Its process has ended, and is not started again unless it is asked to. */
  onExit(): void;
  /** It could not be started, or never got as far as its first poll. */
  onFail(): void;
  /** Its initialization took too long and is tried again, with more time. */
  onRetry(): void;
}

export class Runtime {
  readonly #function: FunctionConfiguration;
  readonly #task: Task;
  readonly #groups: ProcessGroups;
  readonly #log: LogStream;
  readonly #life: RuntimeLife;
  #variables: Record<string, string> = {};
  #process: EnvironmentProcess | undefined;
  #initialized = false;
  #restarted = false;
  #initError: InvocationResult | undefined;
  /** When its initialization was tried again, by the clock of `performance`; until it is asked. */
  #retriedAt: number | undefined;
  /** Its process is being ended so that its initialization can be tried again. */
  #retrying = false;
  #stopping = false;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    log: LogStream,
    life: RuntimeLife,
  ) {
    this.#function = configuration;
    this.#task = task;
    this.#groups = groups;
    this.#log = log;
    this.#life = life;
  }

  /**
   * Starts the process; it initializes from here to its first poll.
   *
   * @param variables the environment variables of this process and those that follow
   */
  start(variables: Record<string, string>): void {
    this.#variables = variables;
    this.#run(initLimitMs(this.#function), { restarted: false });
  }

  /** Starts a new process in place of one that has ended, before anybody waits for it. */
  restart(): void {
    this.#run(initLimitMs(this.#function), { restarted: true });
  }

  /**
   * Its initialization has succeeded, if it had not before.
   *
   * @returns whether the poll is one that counts
   */
  polled(): boolean {
    if (this.#retrying) return false;
    this.#initialized = true;
    this.#process?.initialized();
    return true;
  }

  get isInitialized(): boolean {
    return this.#initialized && !this.#stopping;
  }

  /** It was started again, and has not polled yet. */
  get isRestarting(): boolean {
    return this.#restarted && !this.#initialized && !this.#stopping;
  }

  /** Milliseconds of the first invocation's time that its second try to initialize has used up. */
  takeRetryMs(): number {
    const spent = this.#retriedAt === undefined ? 0 : performance.now() - this.#retriedAt;
    this.#retriedAt = undefined;
    return spent;
  }

  /** It says itself why its initialization fails. */
  reportInitError(error: { errorType: string; errorMessage: string }): void {
    this.#initError = { kind: "error", ...error };
  }

  /** The system refuses what it needs. */
  refused(error: unknown): void {
    this.#fail("Sandbox.Failure", error instanceof Error ? error.message : `${error}`);
  }

  /** Why initialization failed, for the request that waited for it. */
  get initError(): InvocationResult {
    return this.#initError ?? this.exitResult;
  }

  /** How its process has ended. That of Managed Instances finishes with the last of its threads. */
  get exitResult(): InvocationResult {
    const hasThreads = !TRAITS[this.#function.model].restarts;
    if (hasThreads && this.#process?.hasFinished) return THREAD_ENDED;
    return this.#process?.exitResult ?? { kind: "throttled" };
  }

  /** Ends its process now; what becomes of it then is its environment's to say. */
  kill(): void {
    this.#process?.kill();
  }

  /** Ends it for good: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
  }

  #run(limitMs: number, { restarted }: { restarted: boolean }): void {
    this.#initialized = false;
    this.#restarted = restarted;
    this.#initError = undefined;
    this.#log.platform("initStart", initStart(this.#function, restarted));
    const events = {
      onExit: () => this.#onExit(),
      onError: (error: unknown) => this.refused(error),
      onSlow: () => this.#onSlow(limitMs),
    };
    try {
      this.#process = new EnvironmentProcess(
        this.#groups,
        this.#task,
        this.#variables,
        this.#log,
        events,
        limitMs,
      );
    } catch (error) {
      this.refused(error);
    }
  }

  #fail(errorType: string, errorMessage: string): void {
    this.#initError = { kind: "error", errorType, errorMessage };
    this.#life.onFail();
  }

  #onExit(): void {
    if (this.#retrying && !this.#stopping) {
      this.#retrying = false;
      this.#retriedAt = performance.now();
      this.#run(this.#function.timeoutMs, { restarted: true });
      return;
    }
    if (!this.#initialized && !this.#stopping) {
      this.#log.platform("initReport", initReport(this.#function, this.#restarted, this.initError));
    }
    this.#initialized = false;
    this.#life.onExit();
  }

  /**
   * An on-demand runtime that has not initialized within ten seconds is tried again as part of the
   * invocation, with the function's timeout; none has more than these two tries.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
   */
  #onSlow(limitMs: number): void {
    this.#log.platform("initReport", initReport(this.#function, this.#restarted, "timeout"));
    const missed = notWithin(limitMs, "The runtime did not poll");
    if (this.#restarted) {
      this.#fail("Sandbox.Timedout", missed);
    } else if (TRAITS[this.#function.model].restarts) {
      this.#retrying = true;
      this.kill();
      this.#life.onRetry();
    } else {
      this.#fail("Sandbox.Failure", missed);
    }
  }
}
