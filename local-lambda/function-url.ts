/** The Function URL: HTTP in front of the pool, on loopback only. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authorize } from "./authorization.ts";
import type { UrlRequest } from "./function-url-event.ts";
import {
  FUNCTION_ERROR,
  functionUrlResponse,
  THROTTLED,
  TOO_LARGE,
  type UrlResponse,
} from "./function-url-response.ts";
import type { InvocationResult } from "./invocation.ts";

/**
 * The largest request of a synchronous invocation, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_REQUEST_BYTES = 6 * 1024 * 1024;
/** A burst of thousands of connections must fit; the system may lower it. */
const BACKLOG = 10_000;
/** Callers open connections well before they use them. */
const PATIENCE_MS = 300_000;

type Invoke = (request: UrlRequest) => Promise<InvocationResult>;

export class FunctionUrl {
  readonly #server: Server;
  readonly #invoke: Invoke;
  readonly #authorize: Authorize;

  /** @param authorize lets callers in; all of them, when absent */
  constructor(invoke: Invoke, authorize: Authorize = () => ({ admitted: true })) {
    this.#invoke = invoke;
    this.#authorize = authorize;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.headersTimeout = PATIENCE_MS;
    this.#server.requestTimeout = PATIENCE_MS;
    this.#server.keepAliveTimeout = PATIENCE_MS;
  }

  /**
   * Starts listening on loopback.
   *
   * @param port 0 takes any free one
   * @throws the system's error, such as EADDRINUSE
   */
  async listen(port: number): Promise<URL> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host: "127.0.0.1", backlog: BACKLOG }, resolve);
    });
    const address = this.#server.address() as AddressInfo;
    return new URL(`http://127.0.0.1:${address.port}/`);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const receivedAt = new Date();
    const body = await read(request);
    const answer = body
      ? await this.#answer(requestId, request, body, receivedAt)
      : { ...TOO_LARGE, headers: { ...TOO_LARGE.headers, connection: "close" } };
    response
      .writeHead(answer.statusCode, {
        ...answer.headers,
        "x-amzn-requestid": requestId,
        "content-length": answer.body.length,
      })
      .end(answer.body);
  }

  async #answer(
    requestId: string,
    request: IncomingMessage,
    body: Buffer,
    receivedAt: Date,
  ): Promise<UrlResponse> {
    const { method = "GET", url: target = "/" } = request;
    const admission = this.#authorize({ method, target, headers: request.headersDistinct, body });
    if (!admission.admitted) return admission.response;
    const result = await this.#invoke({
      requestId,
      method,
      target,
      protocol: `HTTP/${request.httpVersion}`,
      headers: request.headers,
      sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
      body,
      receivedAt,
      ...(admission.identity && { identity: admission.identity }),
    });
    switch (result.kind) {
      case "response":
        return functionUrlResponse(result.body);
      case "http":
        return result.response;
      case "throttled":
        return THROTTLED;
      case "error":
        return FUNCTION_ERROR;
    }
  }
}

/** Reads a request's body; `undefined` when it is too large. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
