/**
 * A server that stamps when the first bytes of each request arrive. It parses no HTTP, since that
 * would take longer than some clients take to send: a client has one request on a connection, and
 * each is answered a second after its first bytes, as the handler would. It runs in the process of
 * the bench, which does little else while it waits for the process of a contender.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Answer } from "../handler/contract.ts";
import type { Certificate } from "../test/certificates.ts";
import type { Sample } from "./side-by-side.ts";

const HOLD_MS = 1_000;
const BACKLOG = 10_000;

export interface ArrivalsServer extends AsyncDisposable {
  url: URL;
  /**
   * Waits for what fires so many requests.
   *
   * @returns what that resolves to, with `skewMs` from the first arrival to the last, and the share
   * of that time in which the server was `busy`: near 1, it would have measured itself
   * @throws Error when fewer arrived
   */
  measure(count: number, fire: () => Promise<Sample>): Promise<Sample>;
}

/** Starts it; over TLS where it is given a certificate. */
export async function startArrivalsServer(certificate?: Certificate): Promise<ArrivalsServer> {
  const newBurst = (expected: number) => {
    const loadAtFirst = performance.eventLoopUtilization();
    return { expected, arrived: 0, firstAt: 0, loadAtFirst, arrivals: {} };
  };
  let burst = newBurst(0);

  function stamp(now: number): void {
    burst.arrived += 1;
    if (burst.arrived === 1) {
      burst.firstAt = now;
      burst.loadAtFirst = performance.eventLoopUtilization();
    }
    if (burst.arrived === burst.expected) {
      const { utilization } = performance.eventLoopUtilization(burst.loadAtFirst);
      burst.arrivals = { skewMs: now - burst.firstAt, busy: utilization };
    }
  }

  function serve(socket: Socket): void {
    let isHeld = false;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", () => {
      // The rest of a request that comes in two packets.
      if (isHeld) return;
      isHeld = true;
      const enteredAt = performance.now();
      stamp(enteredAt);
      const number = burst.arrived;
      setTimeout(() => {
        isHeld = false;
        if (socket.writable) socket.write(responseOf(number, enteredAt));
      }, HOLD_MS);
    });
  }

  const server = certificate ? createTlsServer(certificate, serve) : createServer(serve);
  server.listen({ port: 0, host: "localhost", backlog: BACKLOG });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${certificate ? "https" : "http"}://localhost:${port}/`),
    measure: async (count, fire) => {
      burst = newBurst(count);
      const fired = await fire();
      if (burst.arrived < count) throw new Error(`${burst.arrived} of ${count} requests arrived.`);
      return { ...fired, ...burst.arrivals };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** As the handler answers, each in an environment of its own. */
function responseOf(number: number, enteredAt: number): string {
  const globalData = { counter: 1, client: "x", clients: ["x"] };
  const answer: Answer = {
    client: "x",
    globalData,
    message: "ok",
    environment: {
      id: `2026/01/01/[$LATEST]${number.toString(16).padStart(8, "0")}`,
      instance: `instance ${number}`,
      pid: number,
      threadId: 0,
      initializedAt: 0,
      coldStart: true,
      nodeVersion: process.version,
      architecture: process.arch,
    },
    invocation: {
      requestId: `request ${number}`,
      enteredAt,
      leftAt: enteredAt + HOLD_MS,
      enteredEpochMs: 0,
      leftEpochMs: HOLD_MS,
      inFlightOnEntry: 1,
      inFlightPeak: 1,
      onEntry: globalData,
    },
  };
  const body = JSON.stringify(answer);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}
