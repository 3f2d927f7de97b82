/** A real HTTP server for one test, gone when the test is over. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { onTestFinished } from "vitest";
import type { Answer } from "../handler/contract.ts";

export interface SeenRequest {
  method: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Which connection brought it, from 0 in order of opening. */
  connection: number;
  arrivedAt: number;
}

export interface TestServer {
  url: URL;
  requests: SeenRequest[];
  /** Connections that were opened. */
  connections: () => number;
}

/** Nothing listens there: the port is that of a service of old. */
export const CLOSED = new URL("http://127.0.0.1:9/");

/** Listens on this machine until the test is over; gives the port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Starts a server whose answers are `serve`'s. */
export async function startServer(
  serve: (request: SeenRequest, response: ServerResponse) => void,
): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const sockets: unknown[] = [];
  const server = createServer(async (request, response) => {
    const arrivedAt = performance.now();
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const connection = sockets.indexOf(request.socket);
    const { method = "", headers } = request;
    const seen = { method, headers, body, connection, arrivedAt };
    requests.push(seen);
    serve(seen, response);
  });
  server.on("connection", (socket) => sockets.push(socket));
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return { url: new URL(`http://127.0.0.1:${port}/`), requests, connections: () => sockets.length };
}

export function clientOf({ body }: SeenRequest): string {
  return (JSON.parse(body) as { client: string }).client;
}

/** What the handler would answer, without an identity. */
export function plainAnswer(request: SeenRequest): string {
  const client = clientOf(request);
  const globalData = { counter: 1, client, clients: [client] };
  return JSON.stringify({ client, globalData, message: "ok" });
}

export function answerPlainly(request: SeenRequest, response: ServerResponse): void {
  response.setHeader("x-amzn-requestid", `id of ${clientOf(request)}`);
  response.end(plainAnswer(request));
}

/** Long enough for requests that were fired at once to run at once. */
const HOLD_MS = 100;

/** Answers as on-demand does, each connection an environment, after a hold. */
export function answerAlone(request: SeenRequest, response: ServerResponse): void {
  setTimeout(() => answerNow(request, response), HOLD_MS);
}

/** The same, without the hold: the invocation ends now, whenever the request came. */
export function answerNow(request: SeenRequest, response: ServerResponse): void {
  const client = clientOf(request);
  const requestId = `request ${request.connection} at ${request.arrivedAt}`;
  const leftAt = performance.now();
  const answer: Answer = {
    client,
    globalData: { counter: 1, client, clients: [client] },
    message: "ok",
    environment: {
      id: `environment ${request.connection}`,
      instance: `instance ${request.connection}`,
      pid: 7,
      threadId: 0,
      initializedAt: 0,
      coldStart: true,
      nodeVersion: process.version,
      architecture: process.arch,
    },
    invocation: {
      requestId,
      enteredAt: request.arrivedAt,
      leftAt,
      enteredEpochMs: 0,
      leftEpochMs: leftAt - request.arrivedAt,
      inFlightOnEntry: 1,
      inFlightPeak: 1,
      onEntry: { counter: 1, client },
    },
  };
  response.setHeader("x-amzn-requestid", requestId).end(JSON.stringify(answer));
}
