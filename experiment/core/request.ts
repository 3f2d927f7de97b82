/** One request, from its sending to its one observation. */

import ky from "ky";
import { fetch as undiciFetch } from "undici";
import { parseAnswer } from "../../handler/answer.ts";
import type { Connection } from "./connections.ts";
import { rootMessage } from "./errors.ts";
import { causeOf } from "./lambda-answers.ts";
import type { Observation } from "./record-lines.ts";
import type { Outgoing } from "./requests.ts";

/** What is known of a request that has ended; its place in the run is added by the caller. */
export type Ending = Pick<
  Observation,
  "outcome" | "status" | "requestId" | "message" | "response" | "answeredAt"
>;

/** Why a request is given up before it is answered; the reason its signal is aborted with. */
export type GivingUp = "timed out" | "aborted";

/** The header that carries the id of an invocation, on Lambda and here. */
const REQUEST_ID_HEADER = "x-amzn-requestid";
/** How much of an answer that is not the handler's is kept as the observation's message. */
const MAX_MESSAGE_LENGTH = 300;

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
  try {
    const response = await ky(url, {
      method: request.method,
      body: request.body,
      headers: request.headers,
      retry: 0,
      throwHttpErrors: false,
      // ky's timeout would start while the request still waits behind its cork.
      timeout: false,
      signal,
      fetch: overConnection(connection, request.body),
    });
    const text = await response.text();
    return { ...read(response, text, request.isSigned), answeredAt: now() };
  } catch (error) {
    const answeredAt = now();
    if (signal.aborted) return { outcome: signal.reason as GivingUp, answeredAt };
    return { outcome: "failed", message: rootMessage(error), answeredAt };
  }
}

/**
 * A `fetch` for ky that uses the one connection. npm's undici has a Request class of its own and
 * refuses Node's, so the request is taken apart; its body is known already.
 */
function overConnection({ client }: Connection, body: string): typeof fetch {
  const overClient = (request: Request) =>
    undiciFetch(request.url, {
      method: request.method,
      headers: [...request.headers],
      body,
      signal: request.signal,
      dispatcher: client,
      redirect: "manual",
    });
  return overClient as unknown as typeof fetch;
}

function read(response: Response, text: string, isSigned: boolean): Omit<Ending, "answeredAt"> {
  const { status } = response;
  const requestId = response.headers.get(REQUEST_ID_HEADER) ?? undefined;
  const seen = { status, ...(requestId !== undefined && { requestId }) };
  if (status === 200) {
    const answer = parseAnswer(text);
    if (answer) return { outcome: "ok", ...seen, response: answer };
    return { outcome: "unreadable", ...seen, message: messageIn(text) };
  }
  const said = messageIn(text);
  const cause =
    requestId === undefined
      ? undefined
      : causeOf({ status, message: said, isSigned, aheadMs: aheadOf(response) });
  if (status === 429) return { outcome: "throttled", ...seen, message: withCause(said, cause) };
  return { outcome: "failed", ...seen, message: withCause(`${status} ${said}`.trimEnd(), cause) };
}

/** How far this machine's clock is ahead of the one that answered, in milliseconds. */
function aheadOf(response: Response): number | undefined {
  const date = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : Date.now() - date;
}

function withCause(said: string, cause: string | undefined): string {
  if (cause === undefined || said === "") return cause ?? said;
  return `${said.replace(/\.$/, "")}: ${cause}`;
}

/** The `message` of a JSON error, however it is spelled, or the beginning of the text. */
function messageIn(text: string): string {
  let message: unknown;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) {
      message = "message" in body ? body.message : "Message" in body ? body.Message : undefined;
    }
  } catch {
    // Not JSON: the text speaks for itself.
  }
  return String(message ?? text).slice(0, MAX_MESSAGE_LENGTH);
}
