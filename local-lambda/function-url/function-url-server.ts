/** The Function URL: HTTP in front of the pool, on loopback only. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { createServer } from "../../basics/node-http.ts";
import { refusalOf } from "../callers.ts";
import { endToEnd } from "../http-messages.ts";
import {
  type InvocationResult,
  MAX_PAYLOAD_BYTES,
  type ResponseHead,
  type UrlRequest,
  type UrlResponse,
} from "../invocation.ts";
import { StartError } from "../start-error.ts";
import type { Authorize } from "./authorization.ts";
import {
  failedResponse,
  functionError,
  functionUrlResponse,
  openResponse,
  THROTTLED,
  TOO_LARGE,
} from "./function-url-response.ts";

/** A burst of thousands of connections must fit; the system may lower it. */
const BACKLOG = 10_000;
/**
 * How long a request may take to come before it is answered 408, in milliseconds, from the opening of
 * its connection on: callers open connections well before they use them.
 */
const PATIENCE_MS = 300_000;
/**
 * The largest head of a request, in bytes; above, Node.js answers 431. It is Node.js's own default,
 * since AWS documents none for Function URLs.
 */
const MAX_HEAD_BYTES = 16_384;

type Invoke = (request: UrlRequest) => Promise<InvocationResult>;

export class FunctionUrl {
  readonly #server: Server;
  readonly #invoke: Invoke;
  readonly #authorize: Authorize;
  #url: URL | undefined;

  /** @param authorize lets callers in; all of them, when absent */
  constructor(invoke: Invoke, authorize: Authorize = () => ({ admitted: true })) {
    this.#invoke = invoke;
    this.#authorize = authorize;
    const options: ServerOptions = {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: PATIENCE_MS,
      requestTimeout: PATIENCE_MS,
      keepAliveTimeout: PATIENCE_MS,
    };
    this.#server = createServer(options, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /**
   * Starts listening on loopback.
   *
   * @param port 0 takes any free one
   * @throws StartError when the port is taken or not allowed
   */
  async listen(port: number): Promise<URL> {
    this.#server.listen({ port, host: "127.0.0.1", backlog: BACKLOG });
    await once(this.#server, "listening").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") throw new StartError("port taken", { port });
      if (error.code === "EACCES") throw new StartError("port not allowed", { port });
      throw error;
    });
    const address = this.#server.address() as AddressInfo;
    this.#url = new URL(`http://127.0.0.1:${address.port}/`);
    return this.#url;
  }

  /** Where it listens, or has listened. */
  get url(): URL {
    assert(this.#url, "a Function URL has no port before it listens");
    return this.#url;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const receivedAt = new Date();
    let body: Buffer | undefined;
    try {
      body = await read(request);
    } catch {
      // The caller has gone.
      response.destroy();
      return;
    }
    const refusal = refusalOf(request);
    if (refusal) return send(response, refusal);
    const answer = body ? await this.#answer(requestId, request, body, receivedAt) : TOO_LARGE;
    try {
      if ("kind" in answer) await sendStream(response, answer, requestId);
      else send(response, answer, requestId);
    } catch {
      // A stream that broke, or whose caller has gone, breaks the connection.
      if (response.headersSent) response.destroy();
      // A header or a status that cannot be sent: Node.js refuses it before anything is.
      else send(response, failedResponse("it cannot be sent"), requestId);
    }
  }

  async #answer(
    requestId: string,
    request: IncomingMessage,
    body: Buffer,
    receivedAt: Date,
  ): Promise<UrlResponse | StreamedAnswer> {
    const { method = "GET", url: target = "/", headersDistinct: headers } = request;
    const admission = await this.#authorize({ method, target, headers, body });
    if (!admission.admitted) return admission.response;
    const result = await this.#invoke({
      requestId,
      method,
      target,
      protocol: `HTTP/${request.httpVersion}`,
      headers,
      // A caller who has gone has no address any more.
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      port: Number(this.url.port),
      body,
      receivedAt,
      ...(admission.identity && { identity: admission.identity }),
    });
    switch (result.kind) {
      case "response":
        return functionUrlResponse(result.body, result.contentType);
      case "stream":
        return result;
      case "http":
        return result.response;
      case "throttled":
        return THROTTLED;
      case "too-large":
        return TOO_LARGE;
      case "error":
        return functionError(result.errorType, result.errorMessage);
    }
  }
}

/**
 * Reads a request's body; `undefined` when it is too large. The rest of it is then read and thrown
 * away: a connection that is cut would take the refusal with it.
 */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_PAYLOAD_BYTES) break;
    chunks.push(chunk);
  }
  if (size <= MAX_PAYLOAD_BYTES) return Buffer.concat(chunks);
  request.resume();
  return undefined;
}

type StreamedAnswer = InvocationResult & { kind: "stream" };

/**
 * Sends a stream as it comes and as fast as the caller takes it. When it breaks, so does the
 * connection, or the caller could not tell that something is missing; before its first byte there is
 * still an answer for that.
 */
async function sendStream(
  response: ServerResponse,
  stream: StreamedAnswer,
  requestId: string,
): Promise<void> {
  // A caller who has gone is not waited for until the next byte comes.
  const leave = () => void stream.leave();
  response.once("close", leave);
  let opened: Awaited<ReturnType<typeof openResponse>>;
  try {
    opened = await openResponse(stream);
  } catch (error) {
    leave();
    return send(response, failedResponse(error), requestId);
  }
  response.writeHead(opened.statusCode, headersOf(opened, requestId)).flushHeaders();
  await pipeline(opened.body, response);
}

/** @param requestId absent: the service has not taken the request for one of its own */
function send(response: ServerResponse, answer: UrlResponse, requestId?: string): void {
  const { statusCode, body } = answer;
  const length = lengthOf(response.req.method, answer);
  response
    .writeHead(statusCode, {
      ...headersOf(answer, requestId),
      ...(length !== undefined && { "content-length": length }),
    })
    .end(body);
}

function headersOf({ headers }: ResponseHead, requestId: string | undefined) {
  return {
    ...endToEnd(headers),
    ...(requestId !== undefined && { "x-amzn-requestid": requestId }),
  };
}

/**
 * The content length that a response states. One to HEAD states what GET would get, so far as the
 * function says that; what has no body by its status states none.
 * https://www.rfc-editor.org/rfc/rfc9110#section-8.6
 */
function lengthOf(
  method: string | undefined,
  { statusCode, headers, body }: UrlResponse,
): number | undefined {
  if (statusCode === 204 || statusCode === 304) return undefined;
  if (method !== "HEAD" || body.length > 0) return body.length;
  const stated = headers["content-length"];
  return typeof stated === "string" && /^\d+$/.test(stated) ? Number(stated) : undefined;
}
