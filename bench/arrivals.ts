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
import { describeEnvironment } from "../handler/instance.ts";
import type { Certificate } from "../test/certificates.ts";
import type { Sample } from "./side-by-side.ts";

const HOLD_MS = 1_000;
const BACKLOG = 10_000;
const ENVIRONMENT = describeEnvironment(true);

/**
 * Starts it; over TLS where it is given a certificate.
 *
 * @returns its URL, and `measure`, which waits for what fires so many requests, and adds the `skew`
 * from the first arrival to the last
 */
export async function startArrivalsServer(certificate?: Certificate) {
  let arrivals: number[] = [];

  function serve(socket: Socket): void {
    let isHeld = false;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", () => {
      // The rest of a request that comes in two packets.
      if (isHeld) return;
      isHeld = true;
      const enteredAt = performance.now();
      const number = arrivals.push(enteredAt);
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
    measure: async (count: number, fire: () => Promise<Sample>): Promise<Sample> => {
      arrivals = [];
      const fired = await fire();
      const [firstAt, lastAt] = [arrivals[0], arrivals[count - 1]];
      if (firstAt === undefined || lastAt === undefined) {
        throw new Error(`${arrivals.length} of ${count} requests arrived.`);
      }
      return { ...fired, skew: lastAt - firstAt };
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
      ...ENVIRONMENT,
      id: `environment ${number}`,
      instance: `instance ${number}`,
      pid: number,
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
