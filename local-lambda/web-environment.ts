/** The environment of a Web Function: an HTTP server in a process, and the way to it. */

import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { EnvironmentProcess } from "./environment-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import { type FunctionConfiguration, newLogStreamName } from "./function-configuration.ts";
import type { UrlRequest } from "./function-url-event.ts";
import { initStart } from "./init-start.ts";
import type { InvocationResult } from "./invocation.ts";
import { LogStream } from "./log-stream.ts";
import type { ProcessGroups } from "./process-groups.ts";
import type { Task } from "./task.ts";
import { forward } from "./web-request.ts";

/** The server must listen within ten seconds: https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html */
const INIT_LIMIT = { ms: 10_000, missed: "The server did not listen" };
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
    const variables = environmentVariables(this.#function, this.#task, this.id, "127.0.0.1:0");
    const events = {
      onExit: () => this.#onExit(),
      onError: (error: unknown) => this.#fail(error instanceof Error ? error.message : `${error}`),
    };
    try {
      this.#process = new EnvironmentProcess(
        this.#groups,
        this.#task,
        variables,
        this.log,
        events,
        ["pipe"],
        INIT_LIMIT,
      );
    } catch (error) {
      events.onError(error);
      return;
    }
    this.#process.output(3)?.once("data", (port: Buffer) => this.#listens(Number(port)));
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
    const { timeoutMs } = this.#function;
    const result = await forward(request, { port: this.#port, agent: this.#agent, timeoutMs });
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.log.platform("report", {
        requestId: request.requestId,
        status: errorType,
        errorMessage,
      });
      if (errorType === "Runtime.ExitError") await this.#awaitExit();
    }
    this.#inside -= 1;
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

  #listens(port: number): void {
    this.#process?.initialized();
    this.#port = port;
    if (!this.#stopping) this.#events.onReady(this);
  }

  async #awaitExit(): Promise<void> {
    this.#broken += 1;
    await Promise.race([this.#exit.promise, wait(EXIT_MS)]);
    this.#broken -= 1;
  }

  #onExit(): void {
    const wasStopping = this.#stopping;
    this.#stopping = true;
    this.#exit.resolve();
    if (!wasStopping) this.#events.onGone(this);
  }

  #fail(errorMessage: string): void {
    this.#initError = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
    this.#events.onGone(this);
  }
}
