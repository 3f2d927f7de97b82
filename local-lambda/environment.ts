/** One execution environment: a process under AWS's runtime client, its Runtime API and its log. */

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { environmentVariables } from "./environment-variables.ts";
import { arnOf, type FunctionConfiguration, newLogStreamName } from "./function-configuration.ts";
import { initStart } from "./init-start.ts";
import type { Invocation, InvocationResult } from "./invocation.ts";
import { LogStream } from "./log-stream.ts";
import { killGroup, type ProcessGroups } from "./process-groups.ts";
import { RuntimeApi } from "./runtime-api.ts";
import type { Task } from "./task.ts";

/** How long a runtime may take to end on SIGTERM before it is killed, in milliseconds. */
const SHUTDOWN_MS = 500;

const RUNTIME = fileURLToPath(import.meta.resolve("aws-lambda-ric"));

/** What an environment tells the pool. */
export interface EnvironmentEvents {
  /** Its runtime polls: it can take one more invocation. */
  onPoll(environment: Environment): void;
  /** It is over: its runtime could not be started. */
  onGone(environment: Environment): void;
}

interface InFlight {
  invocation: Invocation;
  timer: NodeJS.Timeout;
}

export class Environment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log = new LogStream();
  readonly #function: FunctionConfiguration;
  readonly #task: Task;
  readonly #groups: ProcessGroups;
  readonly #events: EnvironmentEvents;
  readonly #api: RuntimeApi;
  readonly #inFlight = new Map<string, InFlight>();
  #address = "";
  #process: ChildProcess | undefined;
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
    this.#task = task;
    this.#groups = groups;
    this.#events = events;
    this.#api = new RuntimeApi(arnOf(configuration), {
      onPoll: () => {
        this.#initialized = true;
        events.onPoll(this);
      },
      onResponse: (requestId, body) => this.#end(requestId, { kind: "response", body }),
      onError: (requestId, error) => this.#end(requestId, { kind: "error", ...error }),
      onInitError: (error) => {
        this.#initError = { kind: "error", ...error };
      },
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

  /** A poll waits, so the runtime itself says that it can take an invocation. */
  get isPolling(): boolean {
    return !this.#stopping && this.#api.waitingPolls > 0;
  }

  /** It has answered all it was given, and its next poll is on the way. */
  get isReturning(): boolean {
    return !this.#stopping && this.#initialized && this.isIdle && !this.isPolling;
  }

  /** No invocation is inside. */
  get isIdle(): boolean {
    return this.#inFlight.size === 0;
  }

  /** Why initialization failed, for the request that waited for it. */
  get initError(): InvocationResult {
    return this.#initError ?? exited(this.#process);
  }

  /** Hands an invocation to the runtime, whose poll must be waiting, and starts its timeout. */
  serve(invocation: Invocation): void {
    const { timeoutMs } = this.#function;
    const timer = setTimeout(() => this.#timeOut(invocation.requestId), timeoutMs);
    this.#inFlight.set(invocation.requestId, { invocation, timer });
    this.#api.deliver(invocation, Date.now() + timeoutMs);
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const { pid } = child;
      const exit = once(child, "exit");
      killGroup(pid, "SIGTERM");
      const timer = setTimeout(() => killGroup(pid, "SIGKILL"), SHUTDOWN_MS);
      await exit;
      clearTimeout(timer);
    }
    this.#api.close();
  }

  #startProcess({ restarted }: { restarted: boolean }): void {
    this.#initialized = false;
    this.#initError = undefined;
    this.log.platform("initStart", initStart(this.#function, restarted));
    const child = this.#groups.start(
      process.execPath,
      ["--require", this.#task.runtimeClient, RUNTIME],
      environmentVariables(this.#function, this.#task, this.id, this.#address),
      this.#task.root,
    );
    this.#process = child;
    if (child.stdout) this.log.follow(child.stdout);
    if (child.stderr) this.log.follow(child.stderr);
    child.once("error", (error) => this.#fail(error));
    child.once("exit", () => this.#onExit(child));
  }

  /**
   * A runtime that ended during an invocation fails it and is started again in the same environment,
   * as Lambda does: the identity stays, the globals are new. One that ended without being asked for
   * anything is given up with its environment, or one that keeps ending would be started for ever.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
   */
  #onExit(child: ChildProcess): void {
    this.#api.dropPolls();
    const wasServing = !this.isIdle || this.#timedOut;
    this.#timedOut = false;
    for (const requestId of [...this.#inFlight.keys()]) this.#end(requestId, exited(child));
    if (this.#stopping) return;
    if (wasServing) this.#startProcess({ restarted: true });
    else this.#events.onGone(this);
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
    this.#end(requestId, { kind: "error", errorType: "Sandbox.Timedout", errorMessage });
    if (this.#process?.pid !== undefined) killGroup(this.#process.pid, "SIGKILL");
  }

  #end(requestId: string, result: InvocationResult): void {
    const flight = this.#inFlight.get(requestId);
    if (!flight) return;
    clearTimeout(flight.timer);
    this.#inFlight.delete(requestId);
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.log.platform("runtimeDone", { requestId, status: "error", errorType, errorMessage });
    }
    flight.invocation.end(result);
  }
}

/** What Lambda says of a runtime that ended during an invocation. */
function exited(child: ChildProcess | undefined): InvocationResult {
  const how = child?.signalCode ? `signal: ${child.signalCode}` : `exit status ${child?.exitCode}`;
  const errorMessage = `Runtime exited with error: ${how}`;
  return { kind: "error", errorType: "Runtime.ExitError", errorMessage };
}
