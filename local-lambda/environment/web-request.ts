/** One request on its way to a Web Function's server and back. */

import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { endToEnd } from "../function-url/function-url-response.ts";
import type { InvocationResult, UrlRequest, UrlResponse } from "../invocation.ts";

/** The error type of a request that took too long. */
export const TIMED_OUT = "Sandbox.Timedout";

export interface WebServerAddress {
  port: number | undefined;
  /** With which every path that it serves begins. */
  key: string;
  agent: Agent;
  /** How long an answer may take, in milliseconds. */
  timeoutMs: number;
}

/**
 * Sends a request on as it came, with the headers by which Lambda says more about it; never rejects.
 *
 * A request that takes too long is given up; what becomes of the code that serves it is documented
 * as little as the answer's status, which is taken to be that of a crash.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-nodejs.html
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html
 */
export async function forward(
  request: UrlRequest,
  address: WebServerAddress,
): Promise<InvocationResult> {
  try {
    return await exchange(request, address);
  } catch (error) {
    // Node.js refuses what it cannot send as soon as it is asked to.
    const errorMessage = `The request cannot be sent on: ${error instanceof Error ? error.message : error}`;
    return { kind: "error", errorType: "Sandbox.Failure", errorMessage };
  }
}

function exchange(
  { requestId, method, target, headers, sourceIp, body }: UrlRequest,
  { port, key, agent, timeoutMs }: WebServerAddress,
): Promise<InvocationResult> {
  return new Promise((resolve) => {
    const fail = (errorType: string, errorMessage: string) =>
      resolve({ kind: "error", errorType, errorMessage });
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port,
      agent,
      method,
      path: `/${key}${target}`,
      headers: {
        ...endToEnd({ ...headers, host: headers.host?.[0] }),
        "content-length": body.length,
        "x-forwarded-for": [...(headers["x-forwarded-for"] ?? []), sourceIp].join(", "),
        "lambda-web-request-id": requestId,
      },
    });
    const timer = setTimeout(() => {
      const seconds = (timeoutMs / 1_000).toFixed(2);
      fail(TIMED_OUT, `${requestId} Task timed out after ${seconds} seconds`);
      outgoing.destroy();
    }, timeoutMs);
    const lose = ({ message }: Error) => {
      clearTimeout(timer);
      fail("Runtime.ExitError", `The server closed the connection: ${message}`);
    };
    outgoing.on("error", lose).on("response", (incoming) => {
      read(incoming).then((response) => {
        clearTimeout(timer);
        resolve({ kind: "http", response });
      }, lose);
    });
    try {
      outgoing.end(body);
    } catch (error) {
      clearTimeout(timer);
      outgoing.destroy();
      throw error;
    }
  });
}

async function read(incoming: IncomingMessage): Promise<UrlResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  // The date is the front's own.
  const { date: _, ...headers } = endToEnd(incoming.headers);
  return { statusCode: incoming.statusCode ?? 502, headers, body: Buffer.concat(chunks) };
}
