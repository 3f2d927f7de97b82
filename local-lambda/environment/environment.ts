/** One execution environment: a process under AWS's runtime client, its Runtime API and its log. */

import assert from "node:assert/strict";
import { newLogStreamName, TRAITS } from "../function-configuration.ts";
import type { FunctionFailure, Invocation } from "../invocation.ts";
import {
  type EnvironmentPlan,
  EnvironmentProcess,
  refusedBySystem,
} from "./environment-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import { initialization, initLimitMs, initReport, initStart, notWithin } from "./initialization.ts";
import { LogStream } from "./log-stream.ts";
import { RuntimeApi, THREAD_ENDED } from "./runtime-api.ts";

/** How a process is started. */
interface Start {
  /** In place of one that has ended. */
  restarted: boolean;
  /** How long its initialization may take, in milliseconds. */
  limitMs: number;
}

export class Environment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log = new LogStream();
  /** It takes no more requests, and ends when the last one inside has ended. */
  isRetired = false;
  /** It was given an invocation at some time. */
  hasServed = false;
  readonly #plan: EnvironmentPlan;
  readonly #onPoll: () => void;
  readonly #api: RuntimeApi;
  readonly #gone = Promise.withResolvers<void>();
  /** Its first process has initialized, or takes long. */
  readonly #settled = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();
  #phase: "starting" | "restarting" | "serving" | "ending" = "starting";
  #process: EnvironmentProcess | undefined;
  /** The process has polled for the first time. */
  #polled = Promise.withResolvers<void>();
  #initError: FunctionFailure | undefined;
  /** When its initialization was tried again, by the clock of `performance`; until it is asked. */
  #retriedAt: number | undefined;
  /** Its process is being ended because an invocation took too long. */
  #timedOut = false;
  #stopping = false;

  /** @param onPoll called when its runtime polls: it can take one more invocation */
  constructor(plan: EnvironmentPlan, onPoll: () => void) {
    const { configuration } = plan;
    this.id = newLogStreamName(configuration);
    this.#plan = plan;
    this.#onPoll = onPoll;
    this.#api = new RuntimeApi(configuration, {
      onPoll: () => this.#poll(),
      onInitError: (failure) => {
        this.#initError = failure;
      },
    });
  }

  get #traits() {
    return TRAITS[this.#plan.configuration.model];
  }

  /** Resolves when it is over by itself: its runtime cannot be started, or has ended for good. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Starts its life; resolves when others need not wait for it: it polls, takes long, or is over. */
  async start(): Promise<void> {
    this.#life = this.#live();
    await Promise.race([this.#settled.promise, this.#life]);
  }

  /** Runs one process after the other, until one of them has ended for good. */
  async #live(): Promise<void> {
    const { configuration, task } = this.#plan;
    try {
      const address = await this.#api.listen();
      const variables = environmentVariables(configuration, task, this.id, address);
      let next: Start | undefined = { restarted: false, limitMs: initLimitMs(configuration) };
      while (next && !this.#stopping) next = await this.#runProcess(variables, next);
    } catch (error) {
      // It fails the request that waits for this environment, and no other.
      this.#initError = refusedBySystem(error);
    }
    this.#phase = "ending";
    this.#api.close();
    if (!this.#stopping) this.#gone.resolve();
  }

  /**
   * Runs a process from its start to its end: it initializes, polls, and serves.
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
    const { configuration } = this.#plan;
    const { restarted, limitMs } = start;
    this.#phase = restarted ? "restarting" : "starting";
    this.#initError = undefined;
    this.#polled = Promise.withResolvers();
    this.log.platform("initStart", initStart(configuration, restarted));
    const process = new EnvironmentProcess(this.#plan, variables, this.log);
    this.#process = process;

    const outcome = await initialization(this.#polled.promise, process.ended, limitMs);
    if (outcome === "timeout") {
      this.log.platform("initReport", initReport(configuration, restarted, outcome));
      return this.#retry(process, start);
    }
    if (outcome === "ended" && !this.#stopping) {
      this.log.platform("initReport", initReport(configuration, restarted, this.initError));
    }

    await process.ended;
    const wasServing = !this.isIdle || this.#timedOut;
    this.#timedOut = false;
    this.#api.endAll(this.#exitFailure);
    if (!wasServing || !this.#traits.restarts) return undefined;
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
    if (restarted || !this.#traits.restarts) {
      const errorType = restarted ? "Sandbox.Timedout" : "Sandbox.Failure";
      const errorMessage = notWithin(limitMs, "The runtime did not poll");
      this.#initError = { kind: "error", errorType, errorMessage };
      return undefined;
    }
    process.kill();
    this.#settled.resolve();
    await process.ended;
    this.#retriedAt = performance.now();
    return { restarted: true, limitMs: this.#plan.configuration.timeoutMs };
  }

  /** Hands an invocation to the runtime, whose poll must be waiting, and sees it to its end. */
  async serve(invocation: Invocation): Promise<void> {
    const { requestId } = invocation;
    // The second try to initialize was part of the first invocation.
    const retryMs = this.#retriedAt === undefined ? 0 : performance.now() - this.#retriedAt;
    this.#retriedAt = undefined;
    const leftMs = Math.max(0, this.#plan.configuration.timeoutMs - retryMs);
    this.hasServed = true;
    this.log.enter(requestId);
    const timer = setTimeout(() => this.#timeOut(requestId), leftMs);
    const result = await this.#api.deliver(invocation, Date.now() + leftMs);
    clearTimeout(timer);
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.log.platform("runtimeDone", { requestId, status: "error", errorType, errorMessage });
    }
    this.log.leave(requestId);
    invocation.end(result);
  }

  #timeOut(requestId: string): void {
    const seconds = (this.#plan.configuration.timeoutMs / 1_000).toFixed(2);
    const errorMessage = `${requestId} Task timed out after ${seconds} seconds`;
    this.#timedOut = this.#traits.enforcesTimeout;
    this.#api.end(requestId, { kind: "error", errorType: "Sandbox.Timedout", errorMessage });
    if (this.#traits.enforcesTimeout) this.#process?.kill();
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
    await this.#life;
  }

  /** Its runtime has polled, and runs. */
  get isInitialized(): boolean {
    return this.#phase === "serving" && !this.#stopping;
  }

  /** Its runtime has been started again and is on the way to its first poll. */
  get isRestarting(): boolean {
    return this.#phase === "restarting" && !this.#stopping && !this.isRetired;
  }

  /** It has answered all it was given, and its next poll is on the way. */
  get isReturning(): boolean {
    return this.isInitialized && !this.isRetired && this.isIdle && this.polls === 0;
  }

  /** Polls that wait: so many invocations the runtime itself says that it can take. */
  get polls(): number {
    return this.isInitialized ? this.#api.waitingPolls : 0;
  }

  /** It can take another request now. */
  get isFree(): boolean {
    const { model, maxConcurrency } = this.#plan.configuration;
    const hasRoom = model !== "managed-instances" || this.inside < maxConcurrency;
    return this.polls > 0 && hasRoom && !this.isRetired;
  }

  /** Invocations inside. */
  get inside(): number {
    return this.#api.inside;
  }

  get isIdle(): boolean {
    return this.inside === 0;
  }

  /** Why initialization failed, for the request that waited for it. */
  get initError(): FunctionFailure {
    return this.#initError ?? this.#exitFailure;
  }

  /** How its process has ended. That of Managed Instances finishes with the last of its threads. */
  get #exitFailure(): FunctionFailure {
    assert(this.#process, "a process that was not started has not ended");
    const isLastThread = !this.#traits.restarts && this.#process.hasFinished;
    return isLastThread ? THREAD_ENDED : this.#process.exitFailure;
  }

  #poll(): void {
    // A process that is being ended may still poll.
    if (this.#phase === "ending") return;
    this.#phase = "serving";
    this.#polled.resolve();
    this.#settled.resolve();
    this.#onPoll();
  }
}
