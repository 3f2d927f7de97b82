/**
 * The HTTP response that a Function URL makes of what a function returned, payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */

import { isUtf8 } from "node:buffer";
import { validateHeaderName, validateHeaderValue } from "node:http";

/** What an HTTP response begins with. */
export interface ResponseHead {
  statusCode: number;
  /** By lower-case name. */
  headers: Record<string, string | string[]>;
}

export interface UrlResponse extends ResponseHead {
  body: Buffer;
}

/** The fields of a returned object that stand for an HTTP response. */
export interface ReturnedResponse {
  statusCode: unknown;
  headers?: unknown;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

/**
 * Maps what a function returned. An object with a `statusCode` stands for the response; anything
 * else is the body of a 200, a text as it is and the rest as JSON.
 *
 * @param returned what the runtime posted: JSON, or what a streaming handler wrote
 * @param written of what a streaming handler wrote: its content type, and whether the handler said
 *   so itself, since otherwise JSON is said to be that
 */
export function functionUrlResponse(
  returned: Buffer,
  written?: { contentType: string; isSaid: boolean },
): UrlResponse {
  const value = parsed(returned);
  const isTyped = written && (written.isSaid || value === returned);
  const type = isTyped ? { "content-type": written.contentType } : {};
  if (!isResponse(value)) return respond(200, type, typeof value === "string" ? value : returned);
  try {
    const { statusCode, headers } = responseHead(value);
    return respond(statusCode, { ...type, ...headers }, contentOf(value));
  } catch (error) {
    return functionError(INVALID_RESPONSE, reasonOf(error));
  }
}

/** What JSON stands for; other bytes stand for themselves, and are not made a text. */
function parsed(returned: Buffer): unknown {
  if (!isUtf8(returned)) return returned;
  try {
    return JSON.parse(returned.toString());
  } catch {
    return returned;
  }
}

/** How much of what the function says of its failure a caller sees, in characters. */
const MAX_REASON_LENGTH = 300;

/**
 * What a caller sees when the function failed. AWS says the first three words and leaves the rest to
 * the log; here caller and developer are the same, and the reason stands behind them.
 */
export function functionError(errorType: string, errorMessage: string): UrlResponse {
  return plain(502, `Internal Server Error (${inShort(`${errorType}: ${errorMessage}`)})`);
}

/**
 * The first line of a reason, as far as it is worth reading: whole words, and a sign that there are
 * more. A single word of such a length is cut all the same.
 */
export function inShort(reason: string): string {
  const [first = ""] = reason.split(/[\r\n]/, 1);
  if (first.length <= MAX_REASON_LENGTH) return first;
  const begun = first.slice(0, MAX_REASON_LENGTH);
  // An endless word may end in half a character.
  const words = /^(.+)\s/.exec(begun)?.[1] ?? begun.slice(0, -1).replace(/[\ud800-\udbff]$/, "");
  return `${words.trimEnd()}…`;
}

/**
 * What a caller sees above the concurrency limit. The status is documented; the body is that of the
 * Invoke API, as an assumption.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const THROTTLED: UrlResponse = respond(
  429,
  {},
  JSON.stringify({
    Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    Type: "User",
    message: "Rate Exceeded.",
  }),
);

/** What a caller sees whose request is larger than a function may be given. */
export const TOO_LARGE: UrlResponse = plain(413, "Request Entity Too Large");

function isResponse(value: unknown): value is ReturnedResponse {
  return typeof value === "object" && value !== null && "statusCode" in value;
}

/**
 * Status and headers of a returned object. Values of names that differ only by case, and cookies in
 * both places, are all kept: AWS documents no rule for them.
 *
 * @throws Error with what cannot be sent
 */
export function responseHead(returned: ReturnedResponse): ResponseHead {
  const { statusCode, headers, cookies } = returned;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new Error(`the status code ${JSON.stringify(statusCode)}`);
  }
  const given = new Map<string, string[]>();
  const add = (name: string, value: unknown) => {
    validateHeaderName(name);
    const values = [value].flat().map(String);
    for (const one of values) validateHeaderValue(name, one);
    // A body has one type; two lines of it would be none.
    const earlier = name === "content-type" ? [] : (given.get(name) ?? []);
    given.set(name, [...earlier, ...values]);
  };
  if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers)) add(name.toLowerCase(), value);
  }
  if (Array.isArray(cookies)) add("set-cookie", cookies);
  const sent = [...given].map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
  return { statusCode: status, headers: Object.fromEntries(sent) };
}

function contentOf({ body, isBase64Encoded }: ReturnedResponse): string | Buffer {
  const text = body === undefined || body === null ? "" : asText(body);
  return isBase64Encoded === true ? Buffer.from(text, "base64") : text;
}

/** The error type of a response that cannot be sent. */
export const INVALID_RESPONSE = "Runtime.InvalidResponse";

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A response whose body is JSON unless the headers say otherwise. */
export function respond(
  statusCode: number,
  headers: UrlResponse["headers"],
  body: string | Buffer,
): UrlResponse {
  return {
    statusCode,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(body),
  };
}

function plain(statusCode: number, text: string): UrlResponse {
  return respond(statusCode, { "content-type": "text/plain" }, text);
}
