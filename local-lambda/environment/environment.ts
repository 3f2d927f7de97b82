/**
 * The life of one execution environment: a process that starts, initializes, serves, and ends, and
 * may be started again. How requests come to it differs by model: a runtime polls its Runtime API
 * for them (runtime-environment.ts), and to a web server they are sent (web-environment.ts).
 */

import assert from "node:assert/strict";
import {
  type FunctionConfiguration,
  initLimitMs,
  logGroupOf,
  type ModelTraits,
  newLogStreamName,
  TRAITS,
} from "../function-configuration.ts";
import type { FunctionFailure, InvocationResult } from "../invocation.ts";
import type { EnvironmentPlan, EnvironmentProcess } from "./environment-process.ts";
import { LogStream } from "./log-stream.ts";
import type { Task } from "./task.ts";

/** How a process is started. */
interface Start {
  /** In place of one that has ended. */
  restarted: boolean;
  /** How long its initialization may take, in milliseconds. */
  limitMs: number;
}

export abstract class Environment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log: LogStream;
  /** It takes no more requests, and ends when the last one inside has ended. */
  isRetired = false;
  protected readonly plan: EnvironmentPlan;
  protected readonly traits: ModelTraits;
  /** The present one, or the last. */
  protected process: EnvironmentProcess | undefined;
  /** Why initialization fails, as far as it was said. */
  protected initFailure: FunctionFailure | undefined;
  readonly #gone = Promise.withResolvers<void>();
  /** Its first process has initialized, or takes long. */
  readonly #settled = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();
  #phase: "starting" | "restarting" | "serving" | "ending" = "starting";
  /** The present process has initialized. */
  #initialized = Promise.withResolvers<void>();
  /** When its initialization was tried again, by the clock of `performance`; until it is asked. */
  #retriedAt: number | undefined;
  /** Its process is being ended because an invocation took too long. */
  #timedOut = false;
  #stopping = false;
  #inside = 0;
  /** Ends it when nobody has come for long. */
  #expiry: NodeJS.Timeout | undefined;

  constructor(plan: EnvironmentPlan) {
    this.id = newLogStreamName(plan.configuration);
    this.plan = plan;
    this.traits = TRAITS[plan.configuration.model];
    this.log = new LogStream((text, requestId) => plan.onLog?.(this.id, text, requestId));
  }

  /** What a process has to do to be initialized and has not, as the beginning of a sentence. */
  protected abstract get missed(): string;
  /** Prepares the way of the requests; gives the address that the process is told. */
  protected abstract open(): Promise<string>;
  protected abstract startProcess(variables: Record<string, string>): EnvironmentProcess;
  /** Ends what was inside a process that has ended. */
  protected abstract endInside(failure: FunctionFailure): void;
  /** Writes into the log that a request has failed, in the form that the model has for that. */
  protected abstract logFailure(requestId: string, failure: FunctionFailure): void;
  protected abstract close(): void;

  /** Resolves when it is over by itself: its process cannot be started, or has ended for good. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Starts its life; resolves when others need not wait for it: it serves, takes long, or is over. */
  async start(): Promise<void> {
    this.#life = this.#live();
    await Promise.race([this.#settled.promise, this.#life]);
  }

  /** Runs one process after the other, until one of them has ended for good. */
  async #live(): Promise<void> {
    const { configuration, task } = this.plan;
    try {
      const address = await this.open();
      const variables = environmentVariables(configuration, task, this.id, address);
      let next: Start | undefined = { restarted: false, limitMs: initLimitMs(configuration) };
      while (next && !this.#stopping) next = await this.#runProcess(variables, next);
    } catch (error) {
      // What the system refuses fails the request that waits for this environment, and no other.
      const errorMessage = error instanceof Error ? error.message : `${error}`;
      this.initFailure = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
    }
    this.#phase = "ending";
    this.close();
    if (!this.#stopping) this.#gone.resolve();
  }

  /**
   * Runs a process from its start to its end.
   *
   * An on-demand runtime that ended during an invocation fails it and is started again in the same
   * environment, as Lambda does: the identity stays, the globals are new. One that ended without
   * being asked for anything is given up with its environment, or one that keeps ending would be
   * started for ever.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   *
   * @returns how another is started in its place, if one is
   */
  async #runProcess(variables: Record<string, string>, start: Start): Promise<Start | undefined> {
    const { configuration } = this.plan;
    const { restarted, limitMs } = start;
    this.#phase = restarted ? "restarting" : "starting";
    this.initFailure = undefined;
    this.#initialized = Promise.withResolvers();
    this.log.platform("initStart", initStart(configuration, restarted));
    const process = this.startProcess(variables);
    this.process = process;

    const outcome = await initialization(this.#initialized.promise, process.ended, limitMs);
    if (outcome === "timeout") {
      this.log.platform("initReport", initReport(configuration, restarted, outcome));
      return this.#retry(process, start);
    }
    if (outcome === "ended" && !this.#stopping) {
      this.log.platform("initReport", initReport(configuration, restarted, this.initError));
    }

    await process.ended;
    const wasServing = this.inside > 0 || this.#timedOut;
    this.#timedOut = false;
    this.endInside(process.exitFailure);
    if (!wasServing || !this.traits.restarts) return undefined;
    return { restarted: true, limitMs: initLimitMs(configuration) };
  }

  /**
   * An on-demand runtime that has not initialized within ten seconds is tried again as part of the
   * invocation, with the function's timeout; none has more than these two tries.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
   */
  async #retry(
    process: EnvironmentProcess,
    { restarted, limitMs }: Start,
  ): Promise<Start | undefined> {
    this.#phase = "ending";
    if (restarted || !this.traits.restarts) {
      const errorType = restarted ? "Sandbox.Timedout" : "Sandbox.Failure";
      this.initFailure = {
        kind: "error",
        errorType,
        errorMessage: notWithin(limitMs, this.missed),
      };
      return undefined;
    }
    process.kill();
    this.#settled.resolve();
    await process.ended;
    this.#retriedAt = performance.now();
    return { restarted: true, limitMs: this.plan.configuration.timeoutMs };
  }

  /**
   * The process has initialized, if it had not before.
   *
   * @returns `false` when the process is being ended, and nothing that it does counts
   */
  protected markInitialized(): boolean {
    if (this.#phase === "ending" || this.#stopping) return false;
    this.#phase = "serving";
    this.#initialized.resolve();
    this.#settled.resolve();
    return true;
  }

  /** Counts a request as inside from here until it is answered, and logs why it failed, if it did. */
  protected async attend(
    requestId: string,
    answer: () => Promise<InvocationResult>,
  ): Promise<InvocationResult> {
    clearTimeout(this.#expiry);
    this.#inside += 1;
    this.log.enter(requestId);
    const result = await answer();
    if (result.kind === "error") this.logFailure(requestId, result);
    this.#inside -= 1;
    this.log.leave(requestId);
    return result;
  }

  /** Calls back when nobody has come for the function's idle timeout; it must be idle now. */
  expire(end: () => void): void {
    clearTimeout(this.#expiry);
    // One that is being ended would only keep this process alive.
    if (this.#stopping) return;
    this.#expiry = setTimeout(end, this.plan.configuration.idleTimeoutMs);
  }

  /** How long the next invocation may take: a second try to initialize was part of the first one. */
  protected takeTimeLeftMs(): number {
    const retryMs = this.#retriedAt === undefined ? 0 : performance.now() - this.#retriedAt;
    this.#retriedAt = undefined;
    return Math.max(0, this.plan.configuration.timeoutMs - retryMs);
  }

  /** What becomes of an invocation that took too long. */
  protected timeoutOf(requestId: string): FunctionFailure {
    const seconds = (this.plan.configuration.timeoutMs / 1_000).toFixed(2);
    const errorMessage = `${requestId} Task timed out after ${seconds} seconds`;
    return { kind: "error", errorType: "Sandbox.Timedout", errorMessage };
  }

  /** Ends the process of an invocation that took too long. */
  protected killTimedOut(): void {
    this.#timedOut = true;
    this.process?.kill();
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#expiry);
    await this.process?.stop();
    await this.#life;
  }

  /** Its process has initialized, and runs. */
  get isInitialized(): boolean {
    return this.#phase === "serving" && !this.#stopping;
  }

  /** Its process has been started again and is on the way to its initialization. */
  get isRestarting(): boolean {
    return this.#phase === "restarting" && !this.#stopping && !this.isRetired;
  }

  /** Requests inside. */
  get inside(): number {
    return this.#inside;
  }

  get isIdle(): boolean {
    return this.#inside === 0;
  }

  /** Why initialization failed, for the requests that waited for it. */
  get initError(): FunctionFailure {
    if (this.initFailure) return this.initFailure;
    assert(this.process, "a process that was not started has not ended");
    return this.process.exitFailure;
  }
}

/** That something did not happen in time, as a sentence without its full stop. */
export function notWithin(ms: number, missed: string): string {
  const seconds = ms / 1_000;
  return `${missed} within ${seconds} ${seconds === 1 ? "second" : "seconds"}`;
}

/**
 * Waits for the first of three: a process is initialized, it has ended, or its time is over.
 *
 * @throws what `ended` rejects with
 */
async function initialization(
  initialized: Promise<void>,
  ended: Promise<void>,
  limitMs: number,
): Promise<"initialized" | "ended" | "timeout"> {
  const { promise: late, resolve } = Promise.withResolvers<"timeout">();
  const timer = setTimeout(() => resolve("timeout"), limitMs);
  try {
    return await Promise.race([
      ended.then(() => "ended" as const),
      initialized.then(() => "initialized" as const),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** AWS numbers its builds of a runtime; here the Node.js that runs is what tells one from another. */
const [MAJOR, MINOR] = process.versions.node.split(".");
const RUNTIME_VERSION = `nodejs:${MAJOR}.v${MINOR}`;

/**
 * The record of `platform.initStart`. A runtime that ended during an invocation is initialized
 * again in the same environment, which AWS calls the phase `invoke`; that it was `restarted` is
 * said by this program only.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initStart
 */
function initStart(
  { model, functionName, version }: FunctionConfiguration,
  restarted: boolean,
): Record<string, unknown> {
  return {
    initializationType: TRAITS[model].initializationType,
    phase: phaseOf(restarted),
    runtimeVersion: RUNTIME_VERSION,
    functionName,
    functionVersion: version,
    ...(restarted && { restarted }),
  };
}

/**
 * The record of `platform.initReport`, which is written when initialization has failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initReport
 *
 * @param failure how, or that it took too long
 */
function initReport(
  { model }: FunctionConfiguration,
  restarted: boolean,
  failure: FunctionFailure | "timeout",
): Record<string, unknown> {
  const { initializationType } = TRAITS[model];
  const report = { initializationType, phase: phaseOf(restarted) };
  if (failure === "timeout") return { ...report, status: failure };
  return { ...report, status: "error", errorType: failure.errorType };
}

function phaseOf(restarted: boolean): "init" | "invoke" {
  return restarted ? "invoke" : "init";
}

/**
 * The variables that Lambda reserves, those of the function, and nothing of the user's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * A Web Function is told of itself next to nothing: neither its name, nor its memory or log stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-env-vars.html
 *
 * @param address `host:port/key`, where the Runtime API is; or where a Web Function must listen, as
 * web-preload.ts takes it
 */
function environmentVariables(
  configuration: FunctionConfiguration,
  task: Task,
  logStream: string,
  address: string,
): Record<string, string> {
  const { model, region } = configuration;
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    LAMBDA_TASK_ROOT: task.root,
    AWS_LAMBDA_INITIALIZATION_TYPE: TRAITS[model].initializationType,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(model === "web-function"
      ? { AWS_LAMBDA_HTTP_ENDPOINT: address }
      : runtimeVariables(configuration, task, logStream, address)),
    MAX_HOLD_MS: String(configuration.maxHoldMs),
    ...configuration.environmentVariables,
  };
}

/**
 * What AWS's runtime client reads. That AWS_LAMBDA_MAX_CONCURRENCY is set at all makes it start
 * worker threads which ask for the next invocation before the last one is answered; its value it
 * does not read: how many requests an environment is given at once is for the service to limit.
 */
function runtimeVariables(
  configuration: FunctionConfiguration,
  task: Task,
  logStream: string,
  runtimeApi: string,
): Record<string, string> {
  return {
    _HANDLER: task.entry,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMb),
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: configuration.version,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(configuration),
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    ...(configuration.model === "managed-instances" && {
      AWS_LAMBDA_MAX_CONCURRENCY: String(configuration.maxConcurrency),
      AWS_LAMBDA_NODEJS_WORKER_COUNT: String(configuration.workers),
    }),
  };
}
