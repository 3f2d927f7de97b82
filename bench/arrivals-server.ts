/**
 * A server in a process of its own that measures how far apart the requests of a burst arrive. Told
 * how many to expect, it answers each after a second and reports the spread once all have come.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const HOLD_MS = 1_000;
/** An answer as the handler gives it, of an environment of its own. */
function answerOf(request: number, enteredAt: number): string {
  const globalData = { counter: 1, client: "x", clients: ["x"] };
  return JSON.stringify({
    client: "x",
    globalData,
    message: "ok",
    environment: {
      id: `2026/01/01/[$LATEST]${request.toString(16).padStart(8, "0")}`,
      instance: `instance ${request}`,
      pid: request,
      threadId: 0,
      initializedAt: 0,
      coldStart: true,
      nodeVersion: process.version,
      architecture: process.arch,
    },
    invocation: {
      requestId: `request ${request}`,
      enteredAt,
      leftAt: enteredAt + HOLD_MS,
      enteredEpochMs: 0,
      leftEpochMs: HOLD_MS,
      inFlightOnEntry: 1,
      inFlightPeak: 1,
      onEntry: globalData,
    },
  });
}

/** 0: nobody waits for a report. */
let expected = 0;
let arrived = 0;
let firstAt = 0;

const server = createServer((request, response) => {
  const now = performance.now();
  arrived += 1;
  if (arrived === 1) firstAt = now;
  if (arrived === expected) process.send?.({ skewMs: now - firstAt });
  request.resume();
  const answer = answerOf(arrived, now);
  setTimeout(() => response.end(answer), HOLD_MS);
});
server.headersTimeout = 0;

process.on("message", (count: number) => {
  expected = count;
  arrived = 0;
  process.send?.({ expecting: count });
});
process.on("disconnect", () => process.exit(0));
server.listen({ port: 0, host: "127.0.0.1", backlog: 10_000 }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
