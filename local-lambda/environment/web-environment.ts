/** The environment of a Web Function: an HTTP server in a process, and the way to it. */

import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type FunctionConfiguration, newLogStreamName } from "../function-configuration.ts";
import { newKey } from "../function-url/callers.ts";
import type { InvocationResult, UrlRequest } from "../invocation.ts";
import { EnvironmentProcess } from "./environment-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import { initReport, initStart } from "./init-events.ts";
import { initLimitMs, notWithin } from "./init-limit.ts";
import { LogStream } from "./log-stream.ts";
import type { ProcessGroups } from "./process-groups.ts";
import type { Task } from "./task.ts";
import { readWebMessage } from "./web-message.ts";
import { forward } from "./web-request.ts";

/** How long the end of a process may follow that of its connections, in milliseconds. */
const EXIT_MS = 200;

/** What an environment tells the pool. */
export interface WebEnvironmentEvents {
  /** Its server listens. */
  onReady(environment: WebEnvironment): void;
  /** It is over: it could not be started, or its process has ended. */
  onGone(environment: WebEnvironment): void;
}

export class WebEnvironment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log = new LogStream();
  readonly #function: FunctionConfiguration;
  readonly #task: Task;
  readonly #groups: ProcessGroups;
  readonly #events: WebEnvironmentEvents;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #key = newKey();
  readonly #exit = Promise.withResolvers<void>();
  #process: EnvironmentProcess | undefined;
  /** Where its server listens, once it does. */
  #port: number | undefined;
  #initError: InvocationResult | undefined;
  #inside = 0;
  /** Requests whose connection broke: until the process has ended, or has not, nothing is sent. */
  #broken = 0;
  #stopping = false;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    events: WebEnvironmentEvents,
  ) {
    this.id = newLogStreamName(configuration);
    this.#function = configuration;
    this.#task = task;
    this.#groups = groups;
    this.#events = events;
  }

  /** Starts the process; resolves long before its server listens. */
  async start(): Promise<void> {
    if (this.#stopping) return;
    this.log.platform("initStart", initStart(this.#function, false));
    const address = `127.0.0.1:0/${this.#key}`;
    const variables = environmentVariables(this.#function, this.#task, this.id, address);
    const limit = initLimitMs(this.#function);
    const events = {
      onExit: () => this.#onExit(),
      onError: (error: unknown) => this.#fail(error instanceof Error ? error.message : `${error}`),
      onSlow: () => {
        this.log.platform("initReport", initReport(this.#function, false, "timeout"));
        this.#fail(notWithin(limit, "The server did not listen"));
      },
    };
    try {
      this.#process = new EnvironmentProcess(
        this.#groups,
        this.#task,
        variables,
        this.log,
        events,
        limit,
        ["pipe"],
      );
    } catch (error) {
      events.onError(error);
      return;
    }
    this.#process.output(3)?.once("data", (told: Buffer) => this.#hears(told.toString()));
  }

  /** It can be sent a request. */
  get isReady(): boolean {
    return !this.#stopping && this.#port !== undefined && this.#broken === 0;
  }

  /** Its server has listened at some time. */
  get hasListened(): boolean {
    return this.#port !== undefined;
  }

  /** Requests inside. */
  get inside(): number {
    return this.#inside;
  }

  get isIdle(): boolean {
    return this.#inside === 0;
  }

  /** Why initialization failed, for the requests that waited for it. */
  get initError(): InvocationResult {
    return this.#initError ?? this.#process?.exitResult ?? { kind: "throttled" };
  }

  /** Sends a request to the server. It must be ready. */
  async serve(request: UrlRequest): Promise<InvocationResult> {
    this.#inside += 1;
    this.log.enter(request.requestId);
    const { timeoutMs } = this.#function;
    const address = { port: this.#port, key: this.#key, agent: this.#agent, timeoutMs };
    const forwarded = await forward(request, address);
    const result = await this.#explain(forwarded);
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.log.platform("report", {
        requestId: request.requestId,
        status: errorType,
        errorMessage,
      });
    }
    this.#inside -= 1;
    this.log.leave(request.requestId);
    if (result.kind !== "http") return result;
    const names = { "lambda-web-request-id": request.requestId, "lambda-web-logstream": this.id };
    return {
      kind: "http",
      response: { ...result.response, headers: { ...result.response.headers, ...names } },
    };
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
    this.#exit.resolve();
    this.#agent.destroy();
  }

  /** The server says where it listens, or why it never will. */
  #hears(told: string): void {
    const message = readWebMessage(told);
    if (message.type === "failed") {
      const errorType = "Runtime.ExitError";
      this.#initError = { kind: "error", errorType, errorMessage: message.reason };
      return;
    }
    this.#process?.initialized();
    this.#port = message.port;
    if (!this.#stopping) this.#events.onReady(this);
  }

  /** A connection that broke is the first that is heard of the end of a process. */
  async #explain(result: InvocationResult): Promise<InvocationResult> {
    if (result.kind !== "error" || result.errorType !== "Runtime.ExitError") return result;
    this.#broken += 1;
    await Promise.race([this.#exit.promise, wait(EXIT_MS)]);
    this.#broken -= 1;
    return this.#process?.isRunning === false ? this.#process.exitResult : result;
  }

  #onExit(): void {
    const wasStopping = this.#stopping;
    this.#stopping = true;
    this.#exit.resolve();
    if (wasStopping) return;
    if (!this.hasListened) {
      this.log.platform("initReport", initReport(this.#function, false, this.initError));
    }
    this.#events.onGone(this);
  }

  #fail(errorMessage: string): void {
    this.#initError = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
    this.#events.onGone(this);
  }
}
