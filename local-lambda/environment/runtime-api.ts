/**
 * The Runtime API of one environment: what its runtime polls for work and reports to. Each
 * environment has its own, on a port of its own, as on AWS; so a poll says where it comes from. Other
 * than on AWS that port can be reached from without, so it takes only requests that know its key.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { InvokeMode } from "../function-configuration.ts";
import { admitByKey, newKey } from "../url/callers.ts";
import {
  type FunctionFailure,
  type Invocation,
  type InvocationResult,
  MAX_PAYLOAD_BYTES,
} from "../url/invocation.ts";
import { BrokenStream, type ResponseStream } from "../url/streamed-response.ts";
import { withMissingSdk } from "./handler-file.ts";

const PREFIX = "/2018-06-01/runtime/";
/** The largest response of a synchronous invocation, in bytes, with a little for its envelope. */
const MAX_RESPONSE_BYTES = MAX_PAYLOAD_BYTES + 100;
/**
 * The largest response that is streamed, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html
 */
const MAX_STREAM_BYTES = 200 * 1024 * 1024;

/** What a runtime does, as its environment hears of it. */
export interface RuntimeEvents {
  /** A poll waits: the runtime can take one more invocation. */
  onPoll(): void;
  /** A streaming handler has begun to write; how it ends is told by one of the others. */
  onStream(requestId: string, stream: RuntimeStream): void;
  /** An invocation has ended; one that streams is complete, or has failed. */
  onEnd(requestId: string, result: InvocationResult): void;
  onInitError(failure: FunctionFailure): void;
  /** The connection over which a streaming handler wrote is gone, perhaps with all of the process. */
  onStreamLost(requestId: string): void;
  /** The connection is gone over which these invocations were handed out, and their thread with it. */
  onThreadGone(requestIds: readonly string[]): void;
}

/** What a streaming handler writes, on its way to the caller. */
type RuntimeStream = ResponseStream & { body: PassThrough };

export class RuntimeApi {
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  readonly #functionArn: string;
  readonly #invokeMode: InvokeMode;
  readonly #key = newKey();
  readonly #polls = new Set<ServerResponse>();
  /** The unanswered invocations, and the connection over which each was handed out. */
  readonly #handedOut = new Map<string, Socket>();

  /** @param invokeMode whether what a handler streams is sent on as it comes, or when it is complete */
  constructor(functionArn: string, invokeMode: InvokeMode, events: RuntimeEvents) {
    this.#functionArn = functionArn;
    this.#invokeMode = invokeMode;
    this.#events = events;
    // An error in mid-stream comes in trailers, with its stack, and they count as headers do.
    this.#server = createServer({ maxHeaderSize: MAX_RESPONSE_BYTES }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
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
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}/${this.#key}`;
  }

  /** Polls that wait for an invocation. */
  get waitingPolls(): number {
    return this.#polls.size;
  }

  /**
   * Hands an invocation to the poll that has waited longest. AWS does not say which one it takes;
   * like this worker threads take turns.
   */
  deliver(invocation: Invocation, deadlineEpochMs: number): void {
    const [poll] = this.#polls;
    if (!poll) throw new Error(`No poll waits for ${invocation.requestId}`);
    this.#polls.delete(poll);
    if (poll.socket) this.#handedOut.set(invocation.requestId, poll.socket);
    poll
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": invocation.requestId,
        "lambda-runtime-deadline-ms": String(deadlineEpochMs),
        "lambda-runtime-invoked-function-arn": this.#functionArn,
      })
      .end(invocation.event);
  }

  /** Forgets the polls of a runtime that has ended. */
  dropPolls(): void {
    for (const poll of this.#polls) poll.destroy();
    this.#polls.clear();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const admission = admitByKey(request, this.#key);
    if (!admission.admitted) {
      const { statusCode, headers, body } = admission.response;
      response.writeHead(statusCode, headers).end(body);
      return;
    }
    const { target } = admission;
    const path = target.startsWith(PREFIX) ? target.slice(PREFIX.length) : "";
    if (request.method === "GET" && path === "invocation/next") return this.#poll(response);
    const [, id = "", verb] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const known = verb !== undefined || path === "init/error";
    if (request.method !== "POST" || !known) {
      response.writeHead(404).end();
      return;
    }
    const requestId = decodeURIComponent(id);
    const isStream = verb === "response" && request.headers[RESPONSE_MODE] === "streaming";
    if (isStream) return this.#receive(requestId, request, response);
    const body = await readBody(request);
    accept(response, body === undefined ? 413 : 202);
    if (verb === undefined) {
      if (body) this.#events.onInitError(parseFailure(body.toString()));
      return;
    }
    if (body === undefined) this.#end(requestId, tooLarge(MAX_RESPONSE_BYTES));
    else if (verb === "response") this.#end(requestId, { kind: "response", body });
    else this.#end(requestId, parseFailure(body.toString()));
  }

  /** What a streaming handler writes comes in chunks, and an error in trailers behind them. */
  async #receive(requestId: string, request: IncomingMessage, response: ServerResponse) {
    const contentType = request.headers["content-type"] ?? "application/octet-stream";
    const body = new PassThrough();
    let result: InvocationResult;
    try {
      if (this.#invokeMode === "RESPONSE_STREAM") {
        const stream = { contentType, body, leave: () => void body.destroy() };
        const isWhole = await sendOn(request, body, () => this.#events.onStream(requestId, stream));
        result = isWhole ? { kind: "stream", ...stream } : tooLarge(MAX_STREAM_BYTES);
      } else {
        const read = await readBody(request);
        result = read
          ? { kind: "response", body: read, contentType }
          : tooLarge(MAX_RESPONSE_BYTES);
      }
    } catch {
      this.#handedOut.delete(requestId);
      return this.#events.onStreamLost(requestId);
    }
    accept(response, 202);
    this.#end(requestId, result.kind === "error" ? result : (trailedFailure(request) ?? result));
  }

  #end(requestId: string, result: InvocationResult): void {
    this.#handedOut.delete(requestId);
    this.#events.onEnd(requestId, result);
  }

  /** Each thread of a runtime polls over a connection of its own. */
  #lose(socket: Socket): void {
    const lost = [...this.#handedOut].filter(([, one]) => one === socket).map(([id]) => id);
    for (const requestId of lost) this.#handedOut.delete(requestId);
    if (lost.length > 0) this.#events.onThreadGone(lost);
  }

  #poll(response: ServerResponse): void {
    this.#polls.add(response);
    response.on("close", () => this.#polls.delete(response));
    this.#events.onPoll();
  }
}

const RESPONSE_MODE = "lambda-runtime-function-response-mode";
const ERROR_TYPE = "lambda-runtime-function-error-type";
const ERROR_BODY = "lambda-runtime-function-error-body";

function accept(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" }).end('{"status":"OK"}');
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
  let said: Partial<Pick<FunctionFailure, "errorType" | "errorMessage">> = {};
  try {
    said = { ...JSON.parse(body) };
  } catch {
    // It may be any text.
  }
  const { errorType = "Unknown", errorMessage = body } = said;
  return { kind: "error", errorType, errorMessage: withMissingSdk(errorMessage) };
}
