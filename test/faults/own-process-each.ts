/** A target that behaves as on-demand does, without a process: each connection is an environment. */

import type { ServerResponse } from "node:http";
import type { Answer } from "../../handler/contract.ts";
import type { SeenRequest } from "../http-server.ts";

/** Long enough for requests that were fired at once to run at once. */
const HOLD_MS = 100;

/** Answers after a hold, as if nobody else were in the process. */
export function answerAlone(request: SeenRequest, response: ServerResponse): void {
  setTimeout(() => answerNow(request, response), HOLD_MS);
}

/** The same, without the hold: the invocation ends now, whenever the request came. */
export function answerNow(request: SeenRequest, response: ServerResponse): void {
  const { client } = JSON.parse(request.body) as { client: string };
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
