/** A server in each of whose answers every text means harm, each answer in another way. */

import type { ServerResponse } from "node:http";
import { type SeenRequest, startServer } from "../http-server.ts";
import { BAITS, SEQUENCES } from "./hostile-text.ts";

/** How many requests meet everything. */
export const HOSTILE_REQUESTS = 3 * BAITS.length;

/** Headers may hold the C1 characters, as bytes, and a tab. */
const REQUEST_ID = "id \t\u009b31m\u0085q\u009bQ";

/** Answers with an identity, refusals, and what is no answer at all, in turn. */
export async function startHostileServer(): Promise<{ url: URL }> {
  let count = 0;
  return startServer((request, response) => {
    const bait = `${BAITS[Math.floor(count / 3) % BAITS.length]}`;
    const kind = count % 3;
    count += 1;
    response.setHeader("x-amzn-requestid", REQUEST_ID);
    if (kind === 0) answer(request, response, bait, count);
    else if (kind === 1) {
      response.writeHead(count % 2 === 0 ? 429 : 500);
      response.end(JSON.stringify({ message: bait + SEQUENCES }));
    } else response.end(`${bait}${SEQUENCES}<script>alert(1)</script>`);
  });
}

function answer(
  { body }: SeenRequest,
  response: ServerResponse,
  bait: string,
  count: number,
): void {
  const { client } = JSON.parse(body) as { client: string };
  const globalData = { counter: 1, client: bait, clients: [bait, SEQUENCES] };
  const environment = {
    id: `${bait}${SEQUENCES}`,
    instance: `${bait}${count}`,
    pid: count,
    threadId: 0,
    initializedAt: 1,
    initializationType: bait,
    coldStart: true,
    runtime: bait,
    nodeVersion: bait,
    region: bait,
    architecture: bait,
  };
  const invocation = {
    requestId: bait,
    enteredAt: count,
    leftAt: count + 1,
    enteredEpochMs: count,
    leftEpochMs: count + 1,
    inFlightOnEntry: 1,
    inFlightPeak: 1,
    onEntry: { counter: 1, client: bait },
  };
  response.end(JSON.stringify({ client, globalData, message: bait, environment, invocation }));
}
