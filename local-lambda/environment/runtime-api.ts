/**
 * The Runtime API of one environment: what its runtime polls for work and reports to. Each
 * environment has its own, on a port of its own, as on AWS; so a poll says where it comes from. Unlike
 * on AWS, other programs can reach that port, so it takes only requests that know its key.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { createServer } from "../../basics/node-http.ts";
import { admitByKey, newKey } from "../callers.ts";
import { arnOf, type FunctionConfiguration, TRAITS } from "../function-configuration.ts";
import {
  BrokenStream,
  type FunctionFailure,
  type Invocation,
  type InvocationResult,
  MAX_PAYLOAD_BYTES,
  type ResponseStream,
} from "../invocation.ts";
import { EXIT_MS, THREAD_ENDED } from "./environment-process.ts";
import { withMissingSdk } from "./missing-sdk.ts";

const PREFIX = "/2018-06-01/runtime/";
/** The largest response of a synchronous invocation, in bytes, with a little for its envelope. */
const MAX_RESPONSE_BYTES = MAX_PAYLOAD_BYTES + 100;
/**
 * The largest response that is streamed, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html
 */
const MAX_STREAM_BYTES = 200 * 1024 * 1024;

const STREAM_LOST: FunctionFailure = {
  kind: "error",
  errorType: "Runtime.StreamError",
  errorMessage: "The stream of the response was closed before its end",
};

/** What a runtime does beside answering. */
export interface RuntimeEvents {
  /** A poll waits: the runtime can take one more invocation. */
  onPoll(): void;
  onInitError(failure: FunctionFailure): void;
}

/** An invocation that a runtime was given and has not ended. */
interface Flight {
  invocation: Invocation;
  /** Over which it was handed out: each thread polls over a connection of its own. */
  socket: Socket;
  end: (result: InvocationResult) => void;
  /** What its handler writes, once it streams. */
  body?: PassThrough;
}

export class RuntimeApi {
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  readonly #function: FunctionConfiguration;
  readonly #key = newKey();
  readonly #polls = new Set<ServerResponse>();
  readonly #flights = new Map<string, Flight>();

  constructor(configuration: FunctionConfiguration, events: RuntimeEvents) {
    this.#function = configuration;
    this.#events = events;
    // An error in mid-stream comes in trailers, with its stack, and they count as headers do.
    this.#server = createServer({ maxHeaderSize: MAX_RESPONSE_BYTES }, (request, response) => {
      void this.#serve(request, response);
    });
    // A poll may wait for hours.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", (socket) => socket.once("close", () => this.#lose(socket)));
  }

  /**
   * Starts listening; resolves to `host:port/key`, as AWS_LAMBDA_RUNTIME_API has it: what code puts
   * behind it, as AWS documents, is a URL all the same.
   */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}/${this.#key}`;
  }

  /** Polls that wait for an invocation. */
  get waitingPolls(): number {
    return this.#polls.size;
  }

  /**
   * Hands an invocation to the poll that has waited longest. AWS does not say which one it takes;
   * so worker threads take turns.
   *
   * @returns how it ends; a stream has begun to be answered long before
   */
  deliver(invocation: Invocation, deadlineEpochMs: number): Promise<InvocationResult> {
    const { requestId, event } = invocation;
    const [poll] = this.#polls;
    assert(poll?.socket, `a poll waits for ${requestId}`);
    this.#polls.delete(poll);
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.#flights.set(requestId, { invocation, socket: poll.socket, end: resolve });
    poll
      .writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(event),
        "lambda-runtime-aws-request-id": requestId,
        "lambda-runtime-deadline-ms": String(deadlineEpochMs),
        "lambda-runtime-invoked-function-arn": arnOf(this.#function),
      })
      .end(event);
    return promise;
  }

  /** Ends an invocation, if it is still inside. What it streams breaks with an error, and else is complete. */
  end(requestId: string, result: InvocationResult): void {
    const flight = this.#flights.get(requestId);
    if (!flight) return;
    this.#flights.delete(requestId);
    if (result.kind === "error") flight.body?.destroy(new BrokenStream(result));
    else flight.body?.end();
    flight.end(result);
  }

  /** Ends all that is inside a runtime that has ended, and forgets its polls. */
  endAll(failure: FunctionFailure): void {
    for (const poll of this.#polls) poll.destroy();
    this.#polls.clear();
    for (const requestId of this.#flights.keys()) this.end(requestId, failure);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const admission = admitByKey(request, this.#key);
    if (!admission.admitted) {
      const { statusCode, headers, body } = admission.response;
      response.writeHead(statusCode, { ...headers, "content-length": body.length }).end(body);
      return;
    }
    const { target } = admission;
    const path = target.startsWith(PREFIX) ? target.slice(PREFIX.length) : "";
    if (request.method === "GET" && path === "invocation/next") return this.#poll(response);
    const [, requestId = "", verb] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const known = verb !== undefined || path === "init/error";
    if (request.method !== "POST" || !known) {
      response.writeHead(404, { "content-length": 0 }).end();
      return;
    }
    const isStream = verb === "response" && request.headers[RESPONSE_MODE] === "streaming";
    if (isStream) return this.#receive(requestId, request, response);
    let body: Buffer | undefined;
    try {
      body = await readBody(request);
    } catch {
      // The runtime broke off. If its process has ended, that fails what was inside.
      response.destroy();
      return;
    }
    accept(response, body === undefined ? 413 : 202);
    if (verb === undefined) {
      if (body) this.#events.onInitError(parseFailure(body.toString()));
      return;
    }
    if (body === undefined) this.end(requestId, tooLarge(MAX_RESPONSE_BYTES));
    else if (verb === "response") this.end(requestId, { kind: "response", body });
    else this.end(requestId, parseFailure(body.toString()));
  }

  /** What a streaming handler writes comes in chunks, and an error in trailers behind them. */
  async #receive(requestId: string, request: IncomingMessage, response: ServerResponse) {
    const contentType = request.headers["content-type"] ?? "application/octet-stream";
    const body = new PassThrough();
    let result: InvocationResult;
    try {
      if (this.#function.invokeMode === "RESPONSE_STREAM") {
        const stream = { contentType, body, leave: () => void body.destroy() };
        const isWhole = await sendOn(request, body, () => this.#begin(requestId, stream));
        result = isWhole ? { kind: "stream", ...stream } : tooLarge(MAX_STREAM_BYTES);
      } else {
        const read = await readBody(request);
        result = read
          ? { kind: "response", body: read, contentType }
          : tooLarge(MAX_RESPONSE_BYTES);
      }
    } catch {
      // A handler may destroy its stream and live.
      return this.#endLater(requestId, STREAM_LOST);
    }
    accept(response, 202);
    this.end(requestId, result.kind === "error" ? result : (trailedFailure(request) ?? result));
  }

  /** Answers an invocation with a stream, if it is still inside; it is over when the stream is. */
  #begin(requestId: string, stream: ResponseStream & { body: PassThrough }): void {
    const flight = this.#flights.get(requestId);
    if (!flight) {
      stream.leave();
      return;
    }
    flight.body = stream.body;
    flight.invocation.begin(stream);
  }

  /**
   * A worker thread of a managed runtime that ends fails what was inside it, and the others go on. An
   * on-demand runtime has but one thread, so there its process has ended.
   * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
   */
  #lose(socket: Socket): void {
    if (TRAITS[this.#function.model].restarts) return;
    for (const [requestId, flight] of this.#flights) {
      if (flight.socket === socket) this.#endLater(requestId, THREAD_ENDED);
    }
  }

  /** If all of the process has ended, it is about to be known, and says more. */
  #endLater(requestId: string, failure: FunctionFailure): void {
    setTimeout(() => this.end(requestId, failure), EXIT_MS);
  }

  #poll(response: ServerResponse): void {
    this.#polls.add(response);
    response.on("close", () => this.#polls.delete(response));
    this.#events.onPoll();
  }
}

const RESPONSE_MODE = "lambda-runtime-function-response-mode";
const ACCEPTED = '{"status":"OK"}';
const ERROR_TYPE = "lambda-runtime-function-error-type";
const ERROR_BODY = "lambda-runtime-function-error-body";

function accept(response: ServerResponse, status: number): void {
  const headers = { "content-type": "application/json", "content-length": ACCEPTED.length };
  response.writeHead(status, headers).end(ACCEPTED);
}

/** What becomes of a response that is too large. */
function tooLarge(maxBytes: number): FunctionFailure {
  return {
    kind: "error",
    errorType: "Function.ResponseSizeTooLarge",
    errorMessage: `Response payload size exceeded the maximum of ${maxBytes} bytes`,
  };
}

/** Reads all of a body, and forgets one that is too large: then it is `undefined`. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_RESPONSE_BYTES) chunks.push(chunk);
    else chunks = [];
  }
  return size <= MAX_RESPONSE_BYTES ? Buffer.concat(chunks) : undefined;
}

/**
 * Sends on what comes, no faster than it is taken. When nobody takes it any more the rest is read all
 * the same, since a handler runs to its end even if its caller has gone.
 *
 * @param begin called at its first byte, or at its end where it has none and is no error
 * @returns whether all of it was sent on; the stream is not ended yet
 */
async function sendOn(
  request: IncomingMessage,
  body: PassThrough,
  begin: () => void,
): Promise<boolean> {
  // Its reader learns of its errors; perhaps nobody reads it any more.
  body.on("error", () => {});
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (size === 0) begin();
    size += chunk.length;
    if (size > MAX_STREAM_BYTES) body.destroy(new BrokenStream(tooLarge(MAX_STREAM_BYTES)));
    if (!body.destroyed && !body.write(chunk)) await room(body);
  }
  if (size === 0 && !trailedFailure(request)) begin();
  return size <= MAX_STREAM_BYTES;
}

/** Resolves when a stream takes more, or never will. */
async function room(stream: PassThrough): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve).once("close", resolve);
  await promise;
  stream.off("drain", resolve).off("close", resolve);
}

/**
 * The error that AWS's runtime client reports behind what a streaming handler has written.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
 */
function trailedFailure({ trailers }: IncomingMessage): FunctionFailure | undefined {
  const { [ERROR_TYPE]: errorType, [ERROR_BODY]: body = "" } = trailers;
  if (errorType === undefined) return undefined;
  return { ...parseFailure(Buffer.from(body, "base64").toString()), errorType };
}

/** What a runtime says of an error, and where it is that the SDK is missing, what helps. */
function parseFailure(body: string): FunctionFailure {
  let fields: Partial<Record<string, unknown>> = {};
  try {
    fields = { ...JSON.parse(body) };
  } catch {
    // It may be any text.
  }
  const { errorType, errorMessage } = fields;
  return {
    kind: "error",
    errorType: typeof errorType === "string" ? errorType : "Unknown",
    errorMessage: withMissingSdk(typeof errorMessage === "string" ? errorMessage : body),
  };
}
