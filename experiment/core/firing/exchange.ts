/**
 * One request over its connection, from its sending to its end. ky builds the request and gets the
 * answer's head; what is between goes over undici's client. That is closer to the wire than `fetch`,
 * whose work for each answer delays the reading of all others, so that the last of 5,000 answers
 * that come at once would be read long after it came (`npm run bench -- burst`).
 */

import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import ky from "ky";
import type { Client, Dispatcher } from "undici";
import { ExperimentError, rootMessage } from "../errors.ts";
import type { Observation } from "../record-lines.ts";
import type { RequestHeaders, SignRequest } from "../target.ts";
import { brokenOff, type Head, headOf, MAX_BODY_BYTES, meaningOf } from "./answers.ts";
import type { Connection } from "./connections.ts";

/** A request that can be sent. */
export interface Outgoing {
  /** Which request of the stage, from 0. */
  index: number;
  method: string;
  headers: RequestHeaders;
  body: string;
  isSigned: boolean;
}

/** What is known of a request that has ended; its place in the run is added by the caller. */
export type RequestEnding = Pick<
  Observation,
  "outcome" | "status" | "requestId" | "logStream" | "message" | "response" | "answeredAt"
>;

/** Why a request is given up before it is answered; the reason its signal is aborted with. */
export type GivingUp = "timed out" | "aborted";

/** What has been read of an answer so far. */
interface Reply {
  /** Without the secrets of its request. */
  head?: { status: number; headers: Headers };
  chunks: Buffer[];
  /** Bytes of the body; when it is above the limit the rest was not read. */
  size: number;
  /** When the last byte was read, or it was certain that none will be. */
  endedAt?: number;
}

/**
 * Makes a request that carries a body of JSON, signed now where the target takes signed ones only: a
 * signature is good for five minutes.
 *
 * @throws ExperimentError when it cannot be signed
 */
export async function prepareRequest(
  body: string,
  sign: SignRequest | undefined,
): Promise<Omit<Outgoing, "index">> {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body };
  if (!sign) return { ...request, isSigned: false };
  try {
    return { ...request, headers: await sign(request), isSigned: true };
  } catch (cause) {
    throw new ExperimentError("request not signed", { why: rootMessage(cause) }, { cause });
  }
}

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
): Promise<RequestEnding> {
  const redact = redactionFor(request.headers);
  const reply: Reply = { chunks: [], size: 0 };
  /** A `fetch` for ky that uses the one connection and reads the whole answer. */
  const fetchOverConnection = async (built: Request): Promise<Response> => {
    const { pathname, search } = new URL(built.url);
    const options = {
      path: `${pathname}${search}`,
      method: built.method as Dispatcher.HttpMethod,
      headers: Object.fromEntries(built.headers),
      body: request.body,
    };
    await dispatch(connection.client, options, reply, signal, now, redact);
    // What has come meanwhile is read before anything is made of this answer: its time is evidence.
    await nextTurn();
    assert(reply.head, "an answer that was read has a head");
    const { status, headers } = reply.head;
    if (status < LOWEST_STATUS || status > HIGHEST_STATUS) {
      throw new Error(`the target answered with the status ${status}, which HTTP does not have`);
    }
    // Without its reason phrase: a Response takes fewer characters there than servers send.
    return new Response(null, { status, headers });
  };
  try {
    const response = await ky(url, {
      method: request.method,
      body: request.body,
      headers: request.headers,
      retry: 0,
      throwHttpErrors: false,
      // The time starts with the shot, and the volley stops it by the signal.
      timeout: false,
      fetch: fetchOverConnection as typeof fetch,
    });
    const isWhole = reply.size <= MAX_BODY_BYTES;
    const body = { text: isWhole ? redact(Buffer.concat(reply.chunks).toString()) : "", isWhole };
    const meaning = meaningOf(response, body, request.isSigned);
    return { ...headOf(response), ...meaning, answeredAt: reply.endedAt ?? now() };
  } catch (error) {
    const head = reply.head ? headOf(reply.head) : {};
    const answeredAt = reply.endedAt ?? now();
    if (signal.aborted) return { outcome: signal.reason as GivingUp, ...unended(head), answeredAt };
    return { ...head, ...brokenOff(error, head), answeredAt };
  }
}

/**
 * Sends a request, and resolves when its answer has been read. One that is larger than any answer
 * is left where the limit was passed, and its connection is given up.
 *
 * @param reply is filled with the answer as it comes
 * @throws undici's error when the connection breaks, and any error once the signal gives it up
 */
function dispatch(
  client: Client,
  options: Dispatcher.DispatchOptions,
  reply: Reply,
  signal: AbortSignal,
  now: () => number,
  redact: Redact,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const givenUp = () => new Error(`The request was given up: ${signal.reason}`);
  let giveUp = () => reject(givenUp());
  const onAbort = () => giveUp();
  signal.addEventListener("abort", onAbort);
  const end = (settle: () => void) => {
    signal.removeEventListener("abort", onAbort);
    reply.endedAt ??= now();
    settle();
  };
  client.dispatch(options, {
    onRequestStart: (controller) => {
      giveUp = () => controller.abort(givenUp());
      if (signal.aborted) giveUp();
    },
    onResponseStart: (_, status, headers) => {
      // Lower ones only announce the one that is to come.
      if (status >= LOWEST_STATUS) reply.head = { status, headers: headersOf(headers, redact) };
    },
    onResponseData: (controller, chunk) => {
      reply.size += chunk.length;
      if (reply.size <= MAX_BODY_BYTES) reply.chunks.push(chunk);
      else {
        end(resolve);
        controller.abort(new Error("The body is too large."));
      }
    },
    onResponseEnd: () => end(resolve),
    onResponseError: (_, error) => end(() => reject(error)),
  });
  return promise;
}

/** @param headers names in lower case; one that was sent more than once has several values */
function headersOf(headers: NodeJS.Dict<string | string[]>, redact: Redact): Headers {
  const all = new Headers();
  for (const [name, values = []] of Object.entries(headers)) {
    for (const value of [values].flat()) all.append(name, redact(value));
  }
  return all;
}

/** What there is to say of an answer that began, and whose end nobody waited for. */
function unended(head: Head): Head & Pick<RequestEnding, "message"> {
  if (head.status === undefined) return {};
  return { ...head, message: `an answer of ${head.status} began, and its body did not end` };
}

// Secrets: what a signed request carries that must not get onto a record, whatever an answer repeats

const TOKEN_HEADER = "x-amz-security-token";
const SIGNATURE = /Signature=([0-9a-f]+)/;
const REDACTED = "[redacted]";

/** Takes something out of a text. */
export type Redact = (text: string) => string;

/**
 * What takes session token and signature out of an answer, its head and its body. Services explain a
 * signature that they do not accept by the request as they read it, and that has the token in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 *
 * @param headers of the request that is answered
 */
export function redactionFor(headers: RequestHeaders): Redact {
  const secrets = Object.entries(headers).flatMap(([name, value]) => {
    const known = name.toLowerCase();
    if (known === "authorization") return SIGNATURE.exec(value)?.[1] ?? [];
    return known === TOKEN_HEADER && value !== "" ? patternOf(value) : [];
  });
  return (text) =>
    secrets.reduce<string>((left, secret) => left.replaceAll(secret, REDACTED), text);
}

/** All requests of a run carry the same token, or one of few. */
const patterns = new Map<string, RegExp>();

/** Finds a token in whatever way it is written. */
function patternOf(token: string): RegExp {
  const known = patterns.get(token);
  if (known) return known;
  const pattern = new RegExp(token.replaceAll(/[^0-9A-Za-z]/gu, spellingsOf), "gu");
  patterns.set(token, pattern);
  return pattern;
}

/** The ways of writing a character that is neither letter nor digit in JSON, in a URL and in HTML. */
function spellingsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  const hex = `0*(?:${digits}|${digits.toUpperCase()})`;
  const inJson = [`\\\\*\\u{${digits}}`, `\\\\+u${hex}`];
  return `(?:${[...inJson, `%(?:25)*${hex}`, `&#[xX]${hex};`, `&#0*${code};`].join("|")})`;
}
