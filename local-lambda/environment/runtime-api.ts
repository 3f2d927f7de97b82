/**
 * The Runtime API of one environment: what its runtime polls for work and reports to. Each
 * environment has its own, on a port of its own, as on AWS; so a poll says where it comes from. Other
 * than on AWS that port can be reached from without, so it takes only requests that know its key.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { admitByKey, newKey } from "../url/callers.ts";
import type { Invocation } from "../url/invocation.ts";

const PREFIX = "/2018-06-01/runtime/";
/**
 * The largest response of a synchronous invocation, in bytes: 6 MB and a little for its envelope.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100;

/** What a runtime does, as its environment hears of it. */
export interface RuntimeEvents {
  /** A poll waits: the runtime can take one more invocation. */
  onPoll(): void;
  onResponse(requestId: string, body: string): void;
  onError(requestId: string, error: { errorType: string; errorMessage: string }): void;
  onInitError(error: { errorType: string; errorMessage: string }): void;
  /** The connection is gone over which these invocations were handed out: so is who took them. */
  onThreadGone(requestIds: readonly string[]): void;
}

export class RuntimeApi {
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  readonly #functionArn: string;
  readonly #key = newKey();
  readonly #polls = new Set<ServerResponse>();
  /** The unanswered invocations, and the connection over which each was handed out. */
  readonly #handedOut = new Map<string, Socket>();

  constructor(functionArn: string, events: RuntimeEvents) {
    this.#functionArn = functionArn;
    this.#events = events;
    this.#server = createServer((request, response) => {
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
    const body = await text(request);
    const status = body === undefined ? 413 : 202;
    response.writeHead(status, { "content-type": "application/json" }).end('{"status":"OK"}');
    const requestId = decodeURIComponent(id);
    this.#handedOut.delete(requestId);
    if (body === undefined) this.#events.onError(requestId, TOO_LARGE);
    else if (verb === "response") this.#events.onResponse(requestId, body);
    else if (verb === "error") this.#events.onError(requestId, parseError(body));
    else this.#events.onInitError(parseError(body));
  }

  /** Each thread of a runtime polls over a connection of its own. */
  #lose(socket: Socket): void {
    const lost = [...this.#handedOut].filter(([, its]) => its === socket).map(([id]) => id);
    for (const requestId of lost) this.#handedOut.delete(requestId);
    if (lost.length > 0) this.#events.onThreadGone(lost);
  }

  #poll(response: ServerResponse): void {
    this.#polls.add(response);
    response.on("close", () => this.#polls.delete(response));
    this.#events.onPoll();
  }
}

/** What becomes of a response that is too large. */
const TOO_LARGE = {
  errorType: "Function.ResponseSizeTooLarge",
  errorMessage: `Response payload size exceeded the maximum of ${MAX_RESPONSE_BYTES} bytes`,
};

/** Reads all of a body, and forgets one that is too large: then it is `undefined`. */
async function text(request: IncomingMessage): Promise<string | undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_RESPONSE_BYTES) chunks.push(chunk);
    else chunks = [];
  }
  return size <= MAX_RESPONSE_BYTES ? Buffer.concat(chunks).toString() : undefined;
}

function parseError(body: string): { errorType: string; errorMessage: string } {
  const unknown = { errorType: "Unknown", errorMessage: body };
  try {
    return { ...unknown, ...JSON.parse(body) };
  } catch {
    return unknown;
  }
}
