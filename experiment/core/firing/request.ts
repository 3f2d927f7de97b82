/** One request, from its sending to its one observation. */

import { setImmediate as nextTurn } from "node:timers/promises";
import ky from "ky";
import type { Observation } from "../record-lines.ts";
import { type Head, headOf, meaningOf } from "./answers.ts";
import { textOf } from "./body.ts";
import { brokenOff } from "./connection-words.ts";
import type { Connection } from "./connections.ts";
import { Exchange } from "./exchange.ts";
import type { Outgoing } from "./requests.ts";
import { redactionFor } from "./secrets.ts";

/** What is known of a request that has ended; its place in the run is added by the caller. */
export type Ending = Pick<
  Observation,
  "outcome" | "status" | "requestId" | "message" | "response" | "answeredAt"
>;

/** Why a request is given up before it is answered; the reason its signal is aborted with. */
export type GivingUp = "timed out" | "aborted";

const LOWEST_STATUS = 200;
const HIGHEST_STATUS = 599;

/**
 * Sends one request over its connection and waits for the end of it. Never throws: a failure is an
 * ending like any other. Never retries: a retry would falsify the count.
 *
 * @param now the runner's clock, read in the tick in which the answer is complete
 */
export async function send(
  url: URL,
  request: Outgoing,
  connection: Connection,
  signal: AbortSignal,
  now: () => number,
): Promise<Ending> {
  const redact = redactionFor(request.headers);
  const exchange = new Exchange(connection.client, signal, now, redact);
  try {
    const response = await ky(url, {
      method: request.method,
      body: request.body,
      headers: request.headers,
      retry: 0,
      throwHttpErrors: false,
      // The time starts with the shot, and who fires stops it by the signal.
      timeout: false,
      fetch: overConnection(exchange, request.body),
    });
    const text = exchange.bytes && textOf(exchange.bytes, response.headers.get("content-encoding"));
    const meaning = meaningOf(response, text && redact(text), request.isSigned);
    return { ...headOf(response), ...meaning, answeredAt: exchange.endedAt };
  } catch (error) {
    const head = exchange.head ? headOf(exchange.head) : {};
    const { endedAt: answeredAt } = exchange;
    if (signal.aborted) return { outcome: signal.reason as GivingUp, ...unended(head), answeredAt };
    return { ...head, ...brokenOff(error, head), answeredAt };
  }
}

/**
 * A `fetch` for ky that uses the one connection and reads the whole answer. Before anything is made of
 * an answer, those that have come meanwhile are read as well: their time is part of the evidence.
 */
function overConnection(exchange: Exchange, body: string): typeof fetch {
  const overExchange = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    await exchange.run({ path: `${pathname}${search}`, method: request.method, headers, body });
    await nextTurn();
    const { status = 0, headers: received } = exchange.head ?? {};
    if (status < LOWEST_STATUS || status > HIGHEST_STATUS) {
      throw new Error(`the target answered with the status ${status}, which HTTP does not have`);
    }
    // Without its reason phrase: a Response takes fewer characters there than servers send.
    return new Response(null, { status, ...(received && { headers: received }) });
  };
  return overExchange as typeof fetch;
}

/** What there is to say of an answer that began, and whose end nobody waited for. */
function unended(head: Head): Head & Pick<Ending, "message"> {
  if (head.status === undefined) return {};
  return { ...head, message: `an answer of ${head.status} began, and its body did not end` };
}
