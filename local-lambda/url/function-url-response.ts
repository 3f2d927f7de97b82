/**
 * The HTTP response that a Function URL makes of what a function returned, payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */

import { validateHeaderName, validateHeaderValue } from "node:http";

export interface UrlResponse {
  statusCode: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/** The fields of a returned object that stand for an HTTP response. */
interface ReturnedResponse {
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
 * @param returned the JSON text that the runtime posted
 */
export function functionUrlResponse(returned: string): UrlResponse {
  let value: unknown;
  try {
    value = JSON.parse(returned);
  } catch {
    value = returned;
  }
  if (isResponse(value)) return asResponse(value);
  const body = typeof value === "string" ? value : returned;
  return respond(200, {}, body);
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

function asResponse(returned: ReturnedResponse): UrlResponse {
  const { statusCode, headers, cookies, body, isBase64Encoded } = returned;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    return functionError(INVALID_RESPONSE, `the status code ${JSON.stringify(statusCode)}`);
  }
  const given: UrlResponse["headers"] = {};
  if (typeof headers === "object" && headers !== null) {
    for (const [name, value] of Object.entries(headers)) given[name.toLowerCase()] = String(value);
  }
  if (Array.isArray(cookies)) given["set-cookie"] = cookies.map(String);
  const invalid = invalidHeader(given);
  if (invalid !== undefined) return functionError(INVALID_RESPONSE, invalid);
  const text = body === undefined || body === null ? "" : asText(body);
  const content = isBase64Encoded === true ? Buffer.from(text, "base64") : text;
  return respond(status, given, content);
}

/** The error type of a response that cannot be sent. */
export const INVALID_RESPONSE = "Runtime.InvalidResponse";

/** What is wrong with the first header that HTTP does not allow. */
function invalidHeader(headers: UrlResponse["headers"]): string | undefined {
  for (const [name, values] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      for (const value of [values].flat()) validateHeaderValue(name, value);
    } catch (error) {
      return error instanceof Error ? error.message : `the header ${name}`;
    }
  }
  return undefined;
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
