/** The environment of a Web Function: an HTTP server in a process, and the way to it. */

import assert from "node:assert/strict";
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { newKey } from "../function-url/callers.ts";
import { endToEnd } from "../function-url/function-url-response.ts";
import type { InvocationResult, UrlRequest, UrlResponse } from "../invocation.ts";
import { Environment } from "./environment.ts";
import { EnvironmentProcess, EXIT_MS } from "./environment-process.ts";

/** The pipe over which the server says once where it listens, as a line of JSON. */
const MESSAGE_PIPE = 3;

/** What a Web Function's server says. */
export type WebMessage =
  | { type: "listening"; port: number }
  /** It never will; why, in one line. */
  | { type: "failed"; reason: string };

export class WebEnvironment extends Environment {
  protected override readonly missed = "The server did not listen";
  readonly #agent = new Agent({ keepAlive: true });
  readonly #key = newKey();
  /** Where its server listens, once it does. */
  #port: number | undefined;
  #inside = 0;
  /** Requests whose connection broke: until the process has ended, or has not, nothing is sent. */
  #broken = 0;

  protected override async open(): Promise<string> {
    return `127.0.0.1:0/${this.#key}`;
  }

  protected override startProcess(variables: Record<string, string>): EnvironmentProcess {
    const process = new EnvironmentProcess(this.plan, variables, this.log, ["pipe"]);
    process.output(MESSAGE_PIPE)?.once("data", (bytes: Buffer) => this.#read(bytes.toString()));
    return process;
  }

  #read(text: string): void {
    const message = readWebMessage(text);
    if (message.type === "failed") {
      const errorMessage = message.reason;
      this.initFailure = { kind: "error", errorType: "Runtime.ExitError", errorMessage };
    } else {
      this.#port = message.port;
      this.markInitialized();
    }
  }

  /** A broken connection ends its request. */
  protected override endInside(): void {}

  protected override close(): void {
    this.#agent.destroy();
  }

  /** How many requests it can take now. */
  get room(): number {
    if (!this.isInitialized || this.isRetired || this.#broken > 0) return 0;
    return Math.max(0, this.plan.configuration.maxConcurrency - this.#inside);
  }

  /** Its server has listened at some time. */
  get hasListened(): boolean {
    return this.#port !== undefined;
  }

  override get inside(): number {
    return this.#inside;
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

  /** A connection that broke is the first that is heard of the end of a process. */
  async #explain(result: InvocationResult): Promise<InvocationResult> {
    if (result.kind !== "error" || result.errorType !== "Runtime.ExitError") return result;
    assert(this.process, "a connection has a process at its end");
    this.#broken += 1;
    await Promise.race([this.process.ended, wait(EXIT_MS)]);
    this.#broken -= 1;
    return this.process.isRunning ? result : this.process.exitFailure;
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
      timer = setTimeout(() => {
        resolve(this.timeoutOf(requestId));
        outgoing?.destroy();
      }, this.plan.configuration.timeoutMs);
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
  const body = await buffer(incoming);
  // The date is the front's own.
  const { date: _, ...headers } = endToEnd(incoming.headers);
  return { statusCode: incoming.statusCode ?? 502, headers, body };
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
