/** One execution environment: a process under AWS's runtime client, its Runtime API and its log. */

import { EnvironmentProcess } from "./environment-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import { arnOf, type FunctionConfiguration, newLogStreamName } from "./function-configuration.ts";
import { InFlight } from "./in-flight.ts";
import { initStart } from "./init-start.ts";
import type { Invocation, InvocationResult } from "./invocation.ts";
import { LogStream } from "./log-stream.ts";
import { type ModelTraits, TRAITS } from "./model-traits.ts";
import type { ProcessGroups } from "./process-groups.ts";
import { RuntimeApi } from "./runtime-api.ts";
import type { Task } from "./task.ts";

/** What an environment tells the pool. */
export interface EnvironmentEvents {
  /** Its runtime polls: it can take one more invocation. */
  onPoll(environment: Environment): void;
  /** It is over: its runtime could not be started, or has ended for good. */
  onGone(environment: Environment): void;
}

export class Environment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log = new LogStream();
  /** It was given an invocation at some time. */
  hasServed = false;
  readonly #function: FunctionConfiguration;
  readonly #traits: ModelTraits;
  readonly #task: Task;
  readonly #groups: ProcessGroups;
  readonly #events: EnvironmentEvents;
  readonly #api: RuntimeApi;
  readonly #inFlight = new InFlight(this.log);
  #address = "";
  #process: EnvironmentProcess | undefined;
  /** The runtime has polled since it was started: its initialization succeeded. */
  #initialized = false;
  #initError: InvocationResult | undefined;
  #stopping = false;
  /** Its runtime is being ended because an invocation took too long. */
  #timedOut = false;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    events: EnvironmentEvents,
  ) {
    this.id = newLogStreamName(configuration);
    this.#function = configuration;
    this.#traits = TRAITS[configuration.model];
    this.#task = task;
    this.#groups = groups;
    this.#events = events;
    this.#api = new RuntimeApi(arnOf(configuration), {
      onPoll: () => {
        this.#initialized = true;
        this.#process?.initialized();
        events.onPoll(this);
      },
      onResponse: (requestId, body) => this.#inFlight.end(requestId, { kind: "response", body }),
      onError: (requestId, error) => this.#inFlight.end(requestId, { kind: "error", ...error }),
      onInitError: (error) => {
        this.#initError = { kind: "error", ...error };
      },
      onThreadGone: (requestIds) => this.#onThreadGone(requestIds),
    });
  }

  /**
   * Starts the runtime; resolves once the process runs, long before its first poll. What the system
   * refuses, a port or a process, fails the request that waits for this environment, and no other.
   */
  async start(): Promise<void> {
    try {
      this.#address = await this.#api.listen();
      if (this.#stopping) this.#api.close();
      else this.#startProcess({ restarted: false });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Polls that wait: so many invocations the runtime itself says that it can take. */
  get polls(): number {
    return this.#stopping ? 0 : this.#api.waitingPolls;
  }

  /** Its runtime has polled, and runs. */
  get isInitialized(): boolean {
    return !this.#stopping && this.#initialized;
  }

  /** It has answered all it was given, and its next poll is on the way. */
  get isReturning(): boolean {
    return this.isInitialized && this.isIdle && this.polls === 0;
  }

  /** Invocations inside. */
  get inside(): number {
    return this.#inFlight.size;
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /** Why initialization failed, for the request that waited for it. */
  get initError(): InvocationResult {
    return this.#initError ?? this.#exitResult;
  }

  /** Hands an invocation to the runtime, whose poll must be waiting, and starts its timeout. */
  serve(invocation: Invocation): void {
    const { timeoutMs } = this.#function;
    const { requestId } = invocation;
    this.hasServed = true;
    const timer = this.#traits.enforcesTimeout
      ? setTimeout(() => this.#timeOut(requestId), timeoutMs)
      : undefined;
    this.#inFlight.add(invocation, timer);
    this.#api.deliver(invocation, Date.now() + timeoutMs);
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
    this.#api.close();
  }

  #startProcess({ restarted }: { restarted: boolean }): void {
    this.#initialized = false;
    this.#initError = undefined;
    this.log.platform("initStart", initStart(this.#function, restarted));
    this.#process = new EnvironmentProcess(
      this.#groups,
      this.#task,
      environmentVariables(this.#function, this.#task, this.id, this.#address),
      this.log,
      { onExit: () => this.#onExit(), onError: (error) => this.#fail(error) },
      [],
      this.#traits.initLimit,
    );
  }

  /**
   * An on-demand runtime that ended during an invocation fails it and is started again in the same
   * environment, as Lambda does: the identity stays, the globals are new. One that ended without
   * being asked for anything is given up with its environment, or one that keeps ending would be
   * started for ever.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   */
  #onExit(): void {
    this.#api.dropPolls();
    this.#initialized = false;
    const wasServing = !this.isIdle || this.#timedOut;
    this.#timedOut = false;
    this.#inFlight.endAll(this.#exitResult);
    if (this.#stopping) return;
    if (wasServing && this.#traits.restarts) this.#startProcess({ restarted: true });
    else this.#events.onGone(this);
  }

  /**
   * A worker thread of a managed runtime that ends fails what was inside it, and the others go on.
   * An on-demand runtime has but one thread, so there its process has ended.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
   */
  #onThreadGone(requestIds: readonly string[]): void {
    if (this.#traits.restarts) return;
    const errorType = "Runtime.ExitError";
    const errorMessage = "Runtime worker thread ended";
    for (const requestId of requestIds) {
      this.#inFlight.end(requestId, { kind: "error", errorType, errorMessage });
    }
  }

  #fail(error: unknown): void {
    const errorMessage = error instanceof Error ? error.message : String(error);
    this.#initError = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
    this.#events.onGone(this);
  }

  #timeOut(requestId: string): void {
    this.#timedOut = true;
    const seconds = (this.#function.timeoutMs / 1_000).toFixed(2);
    const errorMessage = `${requestId} Task timed out after ${seconds} seconds`;
    this.#inFlight.end(requestId, { kind: "error", errorType: "Sandbox.Timedout", errorMessage });
    this.#process?.kill();
  }

  get #exitResult(): InvocationResult {
    return this.#process?.exitResult ?? { kind: "throttled" };
  }
}
