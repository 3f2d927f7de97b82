/**
 * A server in a process of its own that stamps when the first bytes of each request arrive. It
 * parses no HTTP, since that would take longer than some clients take to send: a client has one
 * request on a connection, and each is answered a second after its first bytes, as the handler would.
 *
 * Told how many requests to expect, it reports their skew once all have come, and which share of
 * that time it was busy itself: near 1, it would have measured itself.
 */

import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { createServer as createTlsServer } from "node:tls";

/** What the server says of a burst. */
export interface Arrivals {
  /** From the first request's arrival to the last one's, in milliseconds. */
  skewMs: number;
  /** Which share of it the server was busy, from 0 to 1. */
  busy: number;
}

const HOLD_MS = 1_000;
const BACKLOG = 10_000;

let expected = 0;
let arrived = 0;
let firstAt = 0;
let loadBefore = performance.eventLoopUtilization();

function serve(socket: Socket): void {
  let isHeld = false;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", () => {
    // The rest of a request that comes in two packets.
    if (isHeld) return;
    isHeld = true;
    const request = arrive();
    setTimeout(() => {
      isHeld = false;
      if (socket.writable) socket.write(responseOf(request));
    }, HOLD_MS);
  });
}

/** Stamps one arrival, and tells its number. */
function arrive(): { index: number; enteredAt: number } {
  const now = performance.now();
  arrived += 1;
  if (arrived === 1) {
    firstAt = now;
    loadBefore = performance.eventLoopUtilization();
  }
  if (arrived === expected) {
    const { utilization } = performance.eventLoopUtilization(loadBefore);
    process.send?.({ skewMs: now - firstAt, busy: utilization } satisfies Arrivals);
  }
  return { index: arrived, enteredAt: now };
}

/** As the handler answers, each in an environment of its own. */
function responseOf({ index, enteredAt }: { index: number; enteredAt: number }): string {
  const globalData = { counter: 1, client: "x", clients: ["x"] };
  const body = JSON.stringify({
    client: "x",
    globalData,
    message: "ok",
    environment: {
      id: `2026/01/01/[$LATEST]${index.toString(16).padStart(8, "0")}`,
      instance: `instance ${index}`,
      pid: index,
      threadId: 0,
      initializedAt: 0,
      coldStart: true,
      nodeVersion: process.version,
      architecture: process.arch,
    },
    invocation: {
      requestId: `request ${index}`,
      enteredAt,
      leftAt: enteredAt + HOLD_MS,
      enteredEpochMs: 0,
      leftEpochMs: HOLD_MS,
      inFlightOnEntry: 1,
      inFlightPeak: 1,
      onEntry: globalData,
    },
  });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}

function listen(): Server {
  const [key, certificate] = process.argv.slice(2);
  if (key === undefined || certificate === undefined) return createServer(serve);
  return createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, serve);
}

process.on("message", (count: number) => {
  expected = count;
  arrived = 0;
  process.send?.({ expecting: count });
});
process.on("disconnect", () => process.exit(0));
const server = listen();
server.listen({ port: 0, host: "localhost", backlog: BACKLOG }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
