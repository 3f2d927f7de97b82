/**
 * The program of a Web Function's environment: one plain HTTP server with the handler behind it. It
 * calls the handler as soon as a request has arrived, whatever else is running; nothing in a plain
 * server would keep requests apart. Of this project and not of AWS, as any web function's server is
 * its author's own. https://docs.aws.amazon.com/lambda/latest/dg/web-functions-nodejs.html
 */

import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { admitByKey } from "../function-url/callers.ts";
import { functionUrlEvent } from "../function-url/function-url-event.ts";
import {
  endToEnd,
  functionUrlResponse,
  inShort,
  respond,
} from "../function-url/function-url-response.ts";
import { handlerFile, handlerParts, withMissingSdk } from "./handler-file.ts";
import type { WebMessage } from "./web-environment.ts";

/** The pipe to the service, which is told once where the server listens. */
const MESSAGE_PIPE = 3;

type Handler = (event: unknown, context: { awsRequestId: string }) => unknown;

const { _HANDLER = "", LAMBDA_TASK_ROOT = "", AWS_LAMBDA_HTTP_ENDPOINT = "" } = process.env;
const [host = "", , key = ""] = AWS_LAMBDA_HTTP_ENDPOINT.split(/[:/]/);
assert(key !== "", "the service tells a server its address, which ends with a key");

const server = createServer();
// The service keeps connections for later requests: they are its own to close.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
const { port } = server.address() as AddressInfo;
// On AWS the address is the environment's own. Here environments share one, so the port is free, and
// what listens there has a key. The handler has no use for it, so it cannot give it away.
process.env.AWS_LAMBDA_HTTP_ENDPOINT = `${host}:${port}`;

const handler = await load().catch((error: unknown) => {
  // The service hears why, before Node.js writes it to the log and ends.
  tell({ type: "failed", reason: reasonOf(error) });
  throw error;
});
server.on("request", (request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    // What web frameworks answer when a handler throws, with the reason.
    const message = `Internal Server Error (${reasonOf(error)})`;
    answer(response, respond(500, {}, JSON.stringify({ message })));
  });
});
tell({ type: "listening", port });

function tell(message: WebMessage): void {
  writeSync(MESSAGE_PIPE, `${JSON.stringify(message)}\n`);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // The Function URL has looked at it already, but this port can be reached without it.
  const admission = admitByKey(request, key);
  if (!admission.admitted) return answer(response, admission.response);
  const receivedAt = new Date();
  const body = await buffer(request);
  const requestId = header(request, "lambda-web-request-id");
  // The service has put the caller's address behind what the caller sent, and the event does so again.
  const forwardedFor = header(request, "x-forwarded-for").split(", ");
  const sourceIp = forwardedFor.pop() ?? "";
  const event = functionUrlEvent({
    requestId,
    method: request.method ?? "GET",
    target: admission.target,
    protocol: `HTTP/${request.httpVersion}`,
    headers: {
      ...request.headersDistinct,
      "x-forwarded-for": forwardedFor.length > 0 ? [forwardedFor.join(", ")] : undefined,
    },
    sourceIp,
    port: portOf(header(request, "host")),
    body,
    receivedAt,
  });
  const returned = await handler(event, { awsRequestId: requestId });
  answer(response, functionUrlResponse(Buffer.from(JSON.stringify(returned) ?? "null")));
}

function answer(
  response: ServerResponse,
  { statusCode, headers, body }: ReturnType<typeof respond>,
): void {
  response.writeHead(statusCode, { ...endToEnd(headers), "content-length": body.length }).end(body);
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
  return inShort(withMissingSdk(reason));
}

/** The caller's Host header has come through: the URL's own port, where it says one. */
function portOf(host: string): number {
  return Number(/:(\d+)$/.exec(host)?.[1] ?? 80);
}

function header({ headers }: IncomingMessage, name: string): string {
  return String(headers[name] ?? "");
}

async function load(): Promise<Handler> {
  const parts = handlerParts(_HANDLER);
  const file = parts && handlerFile(LAMBDA_TASK_ROOT, parts.module);
  if (!parts || file === undefined) throw new Error(`Runtime.ImportModuleError: no ${_HANDLER}`);
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  // A CommonJS module's exports are the default one; not all of them are found by name.
  for (const exports of [module, module.default]) {
    const found = parts.names.reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      exports,
    );
    if (typeof found === "function") return found as Handler;
  }
  throw new Error(`Runtime.HandlerNotFound: ${_HANDLER} is undefined or not exported`);
}
