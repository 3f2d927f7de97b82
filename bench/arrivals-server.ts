/**
 * A server in a process of its own that measures how far apart the requests of a burst arrive. Told
 * how many to expect, it answers each after a second and reports the spread once all have come.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const HOLD_MS = 1_000;
const answer = JSON.stringify({
  client: "x",
  globalData: { counter: 1, client: "x", clients: ["x"] },
  message: "ok",
});

let expected = 0;
let arrived = 0;
let firstAt = 0;

const server = createServer((request, response) => {
  const now = performance.now();
  arrived += 1;
  if (arrived === 1) firstAt = now;
  if (arrived === expected) process.send?.({ skewMs: now - firstAt });
  request.resume();
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
