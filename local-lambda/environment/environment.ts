/** One execution environment: a process under AWS's runtime client, its Runtime API and its log. */

import {
  arnOf,
  type FunctionConfiguration,
  type ModelTraits,
  newLogStreamName,
  TRAITS,
} from "../function-configuration.ts";
import type { Invocation, InvocationResult } from "../invocation.ts";
import { environmentVariables } from "./environment-variables.ts";
import { InFlight } from "./in-flight.ts";
import { LogStream } from "./log-stream.ts";
import { withMissingSdk } from "./missing-sdk.ts";
import type { ProcessGroups } from "./process-groups.ts";
import { Runtime, THREAD_ENDED } from "./runtime.ts";
import { RuntimeApi } from "./runtime-api.ts";
import type { Task } from "./task.ts";

/** How long the end of a process may follow that of its connections, in milliseconds. */
const EXIT_MS = 200;

/** What an environment tells the pool. */
export interface EnvironmentEvents {
  /** Its runtime polls: it can take one more invocation. */
  onPoll(environment: Environment): void;
  /** It is over: its runtime could not be started, or has ended for good. */
  onGone(environment: Environment): void;
  /** Its initialization takes long, and is tried once more: others need not wait for it. */
  onRetry?(environment: Environment): void;
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
  readonly #events: EnvironmentEvents;
  readonly #api: RuntimeApi;
  readonly #runtime: Runtime;
  readonly #inFlight = new InFlight(this.log);
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
    this.#events = events;
    this.#runtime = new Runtime(configuration, task, groups, this.log, {
      onExit: () => this.#onExit(),
      onFail: () => events.onGone(this),
      onRetry: () => events.onRetry?.(this),
    });
    this.#api = new RuntimeApi(arnOf(configuration), configuration.invokeMode, {
      onPoll: () => {
        if (this.#runtime.polled()) events.onPoll(this);
      },
      onResponse: (requestId, response) =>
        this.#inFlight.end(requestId, { kind: "response", ...response }),
      onStream: (requestId, contentType, body) =>
        this.#inFlight.begin(requestId, contentType, body),
      onStreamed: (requestId) => this.#inFlight.complete(requestId),
      onStreamLost: (requestId) => this.#onStreamLost(requestId),
      onError: (requestId, { errorType, errorMessage }) =>
        this.#inFlight.end(requestId, {
          kind: "error",
          errorType,
          errorMessage: withMissingSdk(errorMessage),
        }),
      onInitError: ({ errorType, errorMessage }) =>
        this.#runtime.reportInitError({ errorType, errorMessage: withMissingSdk(errorMessage) }),
      onThreadGone: (requestIds) => this.#onThreadGone(requestIds),
    });
  }

  /**
   * Starts the runtime; resolves once the process runs, long before its first poll. What the system
   * refuses, a port or a process, fails the request that waits for this environment, and no other.
   */
  async start(): Promise<void> {
    try {
      const address = await this.#api.listen();
      if (this.#stopping) this.#api.close();
      else {
        this.#runtime.start(environmentVariables(this.#function, this.#task, this.id, address));
      }
    } catch (error) {
      this.#runtime.refused(error);
    }
  }

  /** Polls that wait: so many invocations the runtime itself says that it can take. */
  get polls(): number {
    return this.isInitialized ? this.#api.waitingPolls : 0;
  }

  /** Its runtime has polled, and runs. */
  get isInitialized(): boolean {
    return !this.#stopping && this.#runtime.isInitialized;
  }

  /** Its runtime has been started again and is on the way to its first poll. */
  get isRestarting(): boolean {
    return !this.#stopping && this.#runtime.isRestarting;
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
    return this.#runtime.initError;
  }

  /** Hands an invocation to the runtime, whose poll must be waiting, and starts its timeout. */
  serve(invocation: Invocation): void {
    const leftMs = Math.max(0, this.#function.timeoutMs - this.#runtime.takeRetryMs());
    const { requestId } = invocation;
    this.hasServed = true;
    this.#inFlight.add(
      invocation,
      setTimeout(() => this.#timeOut(requestId), leftMs),
    );
    this.#api.deliver(invocation, Date.now() + leftMs);
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#runtime.stop();
    this.#api.close();
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
    const wasServing = !this.isIdle || this.#timedOut;
    this.#timedOut = false;
    this.#inFlight.endAll(this.#runtime.exitResult);
    if (this.#stopping) return;
    if (wasServing && this.#traits.restarts) this.#runtime.restart();
    else this.#events.onGone(this);
  }

  /**
   * A worker thread of a managed runtime that ends fails what was inside it, and the others go on.
   * An on-demand runtime has but one thread, so there its process has ended.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
   */
  #onThreadGone(requestIds: readonly string[]): void {
    if (this.#traits.restarts) return;
    // If all of the process has ended, it is about to be heard of, and says more.
    setTimeout(() => {
      for (const requestId of requestIds) this.#inFlight.end(requestId, THREAD_ENDED);
    }, EXIT_MS);
  }

  /** A handler may destroy its stream and live; if all of the process has ended, that says more. */
  #onStreamLost(requestId: string): void {
    const errorMessage = "The stream of the response was closed before its end";
    setTimeout(() => {
      this.#inFlight.end(requestId, {
        kind: "error",
        errorType: "Runtime.StreamError",
        errorMessage,
      });
    }, EXIT_MS);
  }

  #timeOut(requestId: string): void {
    const seconds = (this.#function.timeoutMs / 1_000).toFixed(2);
    const errorMessage = `${requestId} Task timed out after ${seconds} seconds`;
    this.#timedOut = this.#traits.enforcesTimeout;
    this.#inFlight.end(requestId, { kind: "error", errorType: "Sandbox.Timedout", errorMessage });
    if (this.#traits.enforcesTimeout) this.#runtime.kill();
  }
}
