/** What stands in front of a target and spoils every other request in another way. */

import type { ServerResponse } from "node:http";
import { type SeenRequest, startServer, type TestServer } from "../http-server.ts";

/** Ways to spoil an answer; without any of them the target itself answers. */
const FAULTS: readonly ((response: ServerResponse) => void)[] = [
  // Throttled.
  (response) => response.writeHead(429).end('{"message":"Rate Exceeded."}'),
  // Reset before the answer, and in the middle of it.
  (response) => response.socket?.resetAndDestroy(),
  (response) => response.write("{", () => response.socket?.resetAndDestroy()),
  // Failed, and what is no answer at all.
  (response) => response.writeHead(502).end("Internal Server Error"),
  (response) => response.end("<html>"),
];

/** How many requests come before one that is never answered, which takes its time. */
const NEVER_ANSWERED = 1_000;

/** Starts a front for a test; what is sent to it, one in two times reaches the target. */
export function startFaultyFront(target: string): Promise<TestServer> {
  let drawn = 0;
  return startServer((request, response) => {
    drawn += 1;
    if (drawn % NEVER_ANSWERED === 0) return;
    const fault = drawn % 2 === 0 ? undefined : FAULTS[Math.floor(Math.random() * FAULTS.length)];
    if (fault) fault(response);
    else void pass(target, request, response).catch(() => response.destroy());
  });
}

async function pass(target: string, { body }: SeenRequest, response: ServerResponse) {
  const answer = await fetch(target, { method: "POST", body });
  const text = await answer.text();
  response.writeHead(answer.status).end(text);
}
