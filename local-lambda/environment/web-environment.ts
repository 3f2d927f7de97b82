/** The environment of a Web Function: an HTTP server in a process, and the way to it. */

import assert from "node:assert/strict";
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { newLogStreamName } from "../function-configuration.ts";
import { newKey } from "../function-url/callers.ts";
import { endToEnd } from "../function-url/function-url-response.ts";
import type { FunctionFailure, InvocationResult, UrlRequest, UrlResponse } from "../invocation.ts";
import {
  type EnvironmentPlan,
  EnvironmentProcess,
  refusedBySystem,
} from "./environment-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import { initialization, initLimitMs, initReport, initStart, notWithin } from "./initialization.ts";
import { LogStream } from "./log-stream.ts";

/** How long the end of a process may follow that of its connections, in milliseconds. */
const EXIT_MS = 200;

/** The error type of a request that took too long. */
export const TIMED_OUT = "Sandbox.Timedout";

/** The pipe over which the server says once where it listens, as a line of JSON. */
const MESSAGE_PIPE = 3;

/** What a Web Function's server says. */
export type WebMessage =
  | { type: "listening"; port: number }
  /** It never will; why, in one line. */
  | { type: "failed"; reason: string };

export class WebEnvironment {
  /** The log stream's name, in AWS's form. */
  readonly id: string;
  readonly log = new LogStream();
  /** It takes no more requests, and ends when the last one inside is answered. */
  isRetired = false;
  readonly #plan: EnvironmentPlan;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #key = newKey();
  readonly #gone = Promise.withResolvers<void>();
  readonly #listening = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();
  #process: EnvironmentProcess | undefined;
  /** Where its server listens, once it does. */
  #port: number | undefined;
  #initError: FunctionFailure | undefined;
  #inside = 0;
  /** Requests whose connection broke: until the process has ended, or has not, nothing is sent. */
  #broken = 0;
  #stopping = false;

  constructor(plan: EnvironmentPlan) {
    this.id = newLogStreamName(plan.configuration);
    this.#plan = plan;
  }

  /** Resolves when it is over by itself: its server cannot be started, or its process has ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Starts its life; resolves when others need not wait for it: its server listens, or it is over. */
  async start(): Promise<void> {
    this.#life = this.#live();
    await Promise.race([this.#listening.promise, this.#life]);
  }

  async #live(): Promise<void> {
    try {
      await this.#runProcess();
    } catch (error) {
      this.#initError = refusedBySystem(error);
    }
    if (!this.#stopping) this.#gone.resolve();
  }

  /** Runs the process from its start to its end: its server comes to listen, and serves. */
  async #runProcess(): Promise<void> {
    const { configuration, task } = this.#plan;
    const address = `127.0.0.1:0/${this.#key}`;
    const variables = environmentVariables(configuration, task, this.id, address);
    const limitMs = initLimitMs(configuration);
    this.log.platform("initStart", initStart(configuration, false));
    const process = new EnvironmentProcess(this.#plan, variables, this.log, ["pipe"]);
    this.#process = process;
    process.output(MESSAGE_PIPE)?.once("data", (bytes: Buffer) => this.#read(bytes.toString()));

    const outcome = await initialization(this.#listening.promise, process.ended, limitMs);
    if (outcome === "timeout") {
      this.log.platform("initReport", initReport(configuration, false, outcome));
      const errorMessage = notWithin(limitMs, "The server did not listen");
      this.#initError = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
      return;
    }
    if (outcome === "ended" && !this.#stopping) {
      this.log.platform("initReport", initReport(configuration, false, this.initError));
    }
    await process.ended;
  }

  #read(text: string): void {
    const message = readWebMessage(text);
    if (message.type === "failed") {
      const errorMessage = message.reason;
      this.#initError = { kind: "error", errorType: "Runtime.ExitError", errorMessage };
    } else {
      this.#port = message.port;
      this.#listening.resolve();
    }
  }

  /** How many requests it can take now. */
  get room(): number {
    const isListening = this.hasListened && this.#process?.isRunning;
    if (!isListening || this.#stopping || this.isRetired || this.#broken > 0) return 0;
    return Math.max(0, this.#plan.configuration.maxConcurrency - this.#inside);
  }

  get isFree(): boolean {
    return this.room > 0;
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
  get initError(): FunctionFailure {
    if (this.#initError) return this.#initError;
    assert(this.#process, "a process that was not started has not ended");
    return this.#process.exitFailure;
  }

  /** Sends a request to the server, which must have room. */
  async serve(request: UrlRequest): Promise<InvocationResult> {
    const { requestId } = request;
    this.#inside += 1;
    this.log.enter(requestId);
    const result = await this.#explain(await this.#forward(request));
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.log.platform("report", { requestId, status: errorType, errorMessage });
    }
    this.#inside -= 1;
    this.log.leave(requestId);
    if (result.kind !== "http") return result;
    const { response } = result;
    const names = { "lambda-web-request-id": requestId, "lambda-web-logstream": this.id };
    return { kind: "http", response: { ...response, headers: { ...response.headers, ...names } } };
  }

  /** Ends the environment: SIGTERM, and SIGKILL for what does not listen. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process?.stop();
    await this.#life;
    this.#agent.destroy();
  }

  /** A connection that broke is the first that is heard of the end of a process. */
  async #explain(result: InvocationResult): Promise<InvocationResult> {
    if (result.kind !== "error" || result.errorType !== "Runtime.ExitError") return result;
    assert(this.#process, "a connection has a process at its end");
    this.#broken += 1;
    await Promise.race([this.#process.ended, wait(EXIT_MS)]);
    this.#broken -= 1;
    return this.#process.isRunning ? result : this.#process.exitFailure;
  }

  /**
   * Sends a request on as it came, with the headers by which Lambda says more about it; never rejects.
   *
   * A request that takes too long is given up; what becomes of the code that serves it is documented
   * as little as the answer's status, which is taken to be that of a crash.
   * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-nodejs.html
   * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
   */
  async #forward(request: UrlRequest): Promise<InvocationResult> {
    const { requestId, method, target, headers, sourceIp, body } = request;
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    const fail = (errorType: string, errorMessage: string) =>
      resolve({ kind: "error", errorType, errorMessage });
    let outgoing: ClientRequest | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      outgoing = httpRequest({
        host: "127.0.0.1",
        port: this.#port,
        agent: this.#agent,
        method,
        path: `/${this.#key}${target}`,
        headers: {
          ...endToEnd({ ...headers, host: headers.host?.[0] }),
          "content-length": body.length,
          "x-forwarded-for": [...(headers["x-forwarded-for"] ?? []), sourceIp].join(", "),
          "lambda-web-request-id": requestId,
        },
      });
      const { timeoutMs } = this.#plan.configuration;
      timer = setTimeout(() => {
        const seconds = (timeoutMs / 1_000).toFixed(2);
        fail(TIMED_OUT, `${requestId} Task timed out after ${seconds} seconds`);
        outgoing?.destroy();
      }, timeoutMs);
      const lose = ({ message }: Error) =>
        fail("Runtime.ExitError", `The server closed the connection: ${message}`);
      outgoing.on("error", lose).on("response", (incoming) => {
        readResponse(incoming).then((response) => resolve({ kind: "http", response }), lose);
      });
      outgoing.end(body);
    } catch (error) {
      // Node.js refuses what it cannot send as soon as it is asked to.
      outgoing?.destroy();
      const reason = error instanceof Error ? error.message : error;
      fail("Sandbox.Failure", `The request cannot be sent on: ${reason}`);
    }
    const result = await promise;
    clearTimeout(timer);
    return result;
  }
}

async function readResponse(incoming: IncomingMessage): Promise<UrlResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  // The date is the front's own.
  const { date: _, ...headers } = endToEnd(incoming.headers);
  return { statusCode: incoming.statusCode ?? 502, headers, body: Buffer.concat(chunks) };
}

/** Reads a message. The pipe is open to the function's own code: what is no message is a failure. */
export function readWebMessage(text: string): WebMessage {
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (value?.type === "listening" && isPort(value.port)) {
    return { type: "listening", port: value.port };
  }
  const reason = value?.type === "failed" ? value.reason : text;
  return { type: "failed", reason: String(reason) };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}
