/** The environment of a Web Function: an HTTP server in a process, and the way to it. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { request as httpRequest } from "../../basics/node-http.ts";
import { endToEnd } from "../http-messages.ts";
import {
  type FunctionFailure,
  type InvocationResult,
  REQUEST_TIMEOUT,
  type UrlRequest,
  type UrlResponse,
} from "../invocation.ts";
import { Environment, notWithin } from "./environment.ts";
import { EnvironmentProcess, EXIT_MS } from "./environment-process.ts";
import { withMissingSdk } from "./missing-sdk.ts";
import { socketIn } from "./task.ts";

/**
 * Where the server must listen. The form is documented, the value is that of AWS's own skill
 * (aws/agent-toolkit-for-aws, aws-lambda-web-functions/references/deployment.md).
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-env-vars.html
 */
const PORT = 3_000;
const ENDPOINT = `0.0.0.0:${PORT}`;

/** The pipe over which web-preload.ts speaks, in lines of JSON. */
export const MESSAGE_PIPE = 3;

/**
 * How long a server that listens elsewhere is waited for, in milliseconds: what listens first may be
 * for metrics or a debugger. On AWS it is ten seconds, as for any initialization.
 */
const ELSEWHERE_MS = 2_000;

/** What is said of a Web Function's server until it listens where it must. */
export type WebMessage =
  | { type: "listening" }
  /** A server listens on a port that is not asked for. */
  | { type: "elsewhere"; port: number }
  /** The code has ended, or is about to; why. */
  | { type: "failed"; reason: string };

export class WebEnvironment extends Environment {
  /** Where its server listens, in place of the port. */
  readonly #socket = socketIn(this.plan.task.folder);
  #hasListened = false;
  /** Another port, on which a server listens. */
  #elsewhere: number | undefined;
  /** Until a server that listens elsewhere is given up. */
  #patience: NodeJS.Timeout | undefined;
  #isGivenUp = false;
  /** Requests whose connection broke: until the process has ended, or has not, nothing is sent. */
  #broken = 0;

  /** The code sees the first part alone: web-preload.ts takes the second off. */
  protected override async open(): Promise<string> {
    return `${ENDPOINT}${this.#socket}`;
  }

  protected override get missed(): string {
    if (this.#elsewhere === undefined) return `The server did not listen on port ${PORT}`;
    return (
      `The server listens on port ${this.#elsewhere}, and did not listen on ${ENDPOINT}, as ` +
      "AWS_LAMBDA_HTTP_ENDPOINT says,"
    );
  }

  /** @param more pipes, from descriptor 4 on */
  protected override startProcess(
    variables: Record<string, string>,
    more: readonly "pipe"[] = [],
  ): EnvironmentProcess {
    const process = new EnvironmentProcess(this.plan, variables, this.log, ["pipe", ...more]);
    const input = process.output(MESSAGE_PIPE);
    if (input) createInterface({ input }).on("line", (line) => this.#read(line));
    return process;
  }

  #read(line: string): void {
    // The pipe is open to the function's own code, which may write there what it likes.
    if (this.#hasListened || this.#isGivenUp) return;
    const message = readWebMessage(line);
    switch (message.type) {
      case "listening":
        this.#hasListened = true;
        clearTimeout(this.#patience);
        this.markInitialized();
        return;
      case "elsewhere":
        this.#elsewhere = message.port;
        this.#patience ??= setTimeout(() => this.#giveUp(), ELSEWHERE_MS);
        return;
      case "failed": {
        const errorMessage = withMissingSdk(message.reason);
        this.initFailure = { kind: "error", errorType: "Runtime.ExitError", errorMessage };
      }
    }
  }

  /** So that no request waits longer for a server whose port is a mistake. */
  #giveUp(): void {
    this.#isGivenUp = true;
    const errorMessage = notWithin(ELSEWHERE_MS, this.missed);
    this.initFailure = { kind: "error", errorType: "Sandbox.Failure", errorMessage };
    this.process?.kill();
  }

  protected override timeoutOf(requestId: string): FunctionFailure {
    return { ...super.timeoutOf(requestId), errorType: REQUEST_TIMEOUT };
  }

  /** A broken connection ends its request. */
  protected override endInside(): void {}

  protected override close(): void {
    clearTimeout(this.#patience);
    rmSync(this.#socket, { force: true });
  }

  /** How many requests it can take now. */
  get room(): number {
    if (!this.isInitialized || this.isRetired || this.#broken > 0) return 0;
    return Math.max(0, this.plan.configuration.maxConcurrency - this.inside);
  }

  /** Its server has listened at some time. */
  get hasListened(): boolean {
    return this.#hasListened;
  }

  /** Sends a request to the server, which must have room. */
  async serve(request: UrlRequest): Promise<InvocationResult> {
    const { requestId } = request;
    const result = await this.attend(requestId, async () =>
      this.#explain(await this.#forward(request)),
    );
    if (result.kind !== "http") return result;
    const { response } = result;
    const names = { "lambda-web-request-id": requestId, "lambda-web-logstream": this.id };
    return { kind: "http", response: { ...response, headers: { ...response.headers, ...names } } };
  }

  protected override logFailure(requestId: string, failure: FunctionFailure): void {
    const { errorType, errorMessage } = failure;
    this.log.platform("report", { requestId, status: errorType, errorMessage });
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
   * A request that takes too long is given up; what becomes of the code that serves it is not
   * documented.
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
        socketPath: this.#socket,
        // A connection for each: a server may close one that is kept just when it is used again.
        agent: false,
        method,
        path: target,
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
  const { statusCode } = incoming;
  assert(statusCode !== undefined, "a response begins with its status");
  const { "content-length": length } = incoming.headers;
  // The date is the front's own.
  const { date: _, ...headers } = endToEnd(incoming.headersDistinct);
  return {
    statusCode,
    // To HEAD it is all that is said of the body.
    headers: { ...headers, ...(length !== undefined && { "content-length": length }) },
    body,
  };
}

/** Reads a message: what is none is the reason of a failure. */
export function readWebMessage(text: string): WebMessage {
  let value: Partial<Record<string, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (value?.type === "listening") return { type: "listening" };
  if (value?.type === "elsewhere") return { type: "elsewhere", port: Number(value.port) };
  return { type: "failed", reason: String(value?.type === "failed" ? value.reason : text) };
}
