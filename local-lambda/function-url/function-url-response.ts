/**
 * The HTTP response that a Function URL makes of what a function returned, payload format 2.0, or of
 * what a streaming handler writes. That is a prelude and the body where the content type says so, as
 * `awslambda.HttpResponseStream.from` writes them, and the body alone otherwise.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */

import { isUtf8 } from "node:buffer";
import { validateHeaderName, validateHeaderValue } from "../../basics/node-http.ts";
import { excerpt } from "../../basics/printable.ts";
import { respond } from "../http-messages.ts";
import {
  BrokenStream,
  REQUEST_TIMEOUT,
  type ResponseHead,
  type ResponseStream,
  type UrlResponse,
} from "../invocation.ts";

/** The content type by which AWS's runtime client says that a prelude comes first. */
const WITH_PRELUDE = "application/vnd.awslambda.http-integration-response";
/** AWS's runtime client says this of a stream whose handler has set no type. */
const UNSET = "application/octet-stream";
/** What stands between prelude and body. */
const DELIMITER = Buffer.alloc(8);
/** A longer prelude, in bytes, is taken for none. AWS documents no limit. */
const MAX_PRELUDE_BYTES = 1024 * 1024;
const NO_PRELUDE =
  "the stream ended before its prelude, which AWS's client sends with the first write: " +
  "write at least an empty text before end()";

/** How much of what the function says of its failure a caller sees, in characters. */
const MAX_REASON_LENGTH = 300;

/** The fields of a returned object that stand for an HTTP response. */
type ReturnedResponse = { statusCode: unknown } & Partial<
  Record<"headers" | "cookies" | "body" | "isBase64Encoded", unknown>
>;

/**
 * Maps what a function returned. An object with a `statusCode` stands for the response; anything
 * else is the body of a 200, a text as it is and the rest as JSON. What the URL makes of a prelude
 * when it answers all at once AWS does not document; that it is obeyed as in a stream is assumed,
 * which loses nothing.
 *
 * @param returned what the runtime posted: JSON, or all that a streaming handler wrote
 * @param contentType of what a streaming handler wrote
 */
export function functionUrlResponse(returned: Buffer, contentType?: string): UrlResponse {
  try {
    if (contentType === WITH_PRELUDE) {
      const { rest, statusCode, headers } = beginningOf(returned, contentType) ?? lackPrelude();
      return respond(statusCode, headers, rest);
    }
    const value = parsed(returned);
    // JSON whose type the handler has not set is sent as JSON.
    const isTyped = contentType !== undefined && (contentType !== UNSET || value === returned);
    const type = isTyped ? { "content-type": contentType } : {};
    if (!isResponse(value)) return respond(200, type, typeof value === "string" ? value : returned);
    const { statusCode, headers } = responseHead(value);
    return respond(statusCode, { ...type, ...headers }, contentOf(value));
  } catch (error) {
    return failedResponse(error);
  }
}

/**
 * Reads as much of a stream as says how its response begins.
 *
 * @returns the head, and the whole body as it comes
 * @throws Error with what cannot be sent, or why the stream broke before its body
 */
export async function openResponse(
  stream: ResponseStream,
): Promise<ResponseHead & { body: AsyncIterable<Buffer> }> {
  const chunks = stream.body[Symbol.asyncIterator]();
  let read: Buffer = Buffer.alloc(0);
  let beginning = beginningOf(read, stream.contentType);
  // A stream that fails before its first byte has no head, whatever it begins with.
  while (read.length === 0 || (!beginning && read.length <= MAX_PRELUDE_BYTES)) {
    const next = await chunks.next();
    if (next.done) break;
    read = Buffer.concat([read, next.value]);
    beginning = beginningOf(read, stream.contentType);
  }
  const { rest, ...head } = beginning ?? lackPrelude();
  return { ...head, body: continued(rest, chunks) };
}

/** The head that the first bytes of a stream say, and the rest of them; `undefined`: not yet. */
function beginningOf(
  bytes: Buffer,
  contentType: string,
): (ResponseHead & { rest: Buffer }) | undefined {
  if (contentType !== WITH_PRELUDE) {
    return { statusCode: 200, headers: { "content-type": contentType }, rest: bytes };
  }
  const at = bytes.indexOf(DELIMITER);
  if (at < 0) return undefined;
  const prelude = parsed(bytes.subarray(0, at));
  if (Buffer.isBuffer(prelude)) throw new Error("the prelude of the stream is not JSON");
  // It need not hold a status, nor a content type.
  const { statusCode, headers } = responseHead({ statusCode: 200, ...Object(prelude) });
  const rest = bytes.subarray(at + DELIMITER.length);
  return { statusCode, headers: { "content-type": UNSET, ...headers }, rest };
}

function lackPrelude(): never {
  throw new Error(NO_PRELUDE);
}

async function* continued(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** What JSON stands for; other bytes stand for themselves, and are not made a text. */
function parsed(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return bytes;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes;
  }
}

function isResponse(value: unknown): value is ReturnedResponse {
  return typeof value === "object" && value !== null && "statusCode" in value;
}

/**
 * Status and headers of a returned object. Values of names that differ only by case, and cookies in
 * both places, are all kept: AWS documents no rule for them.
 *
 * @throws Error with what cannot be sent
 */
function responseHead({ statusCode, headers, cookies }: ReturnedResponse): ResponseHead {
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
  const content = body ?? "";
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return isBase64Encoded === true ? Buffer.from(text, "base64") : text;
}

function plain(statusCode: number, text: string): UrlResponse {
  return respond(statusCode, { "content-type": "text/plain" }, text);
}

/** What a caller sees of a response that cannot be sent, or of a stream that broke before its body. */
export function failedResponse(error: unknown): UrlResponse {
  const errorType = error instanceof BrokenStream ? error.errorType : "Runtime.InvalidResponse";
  return functionError(errorType, error instanceof Error ? error.message : `${error}`);
}

/**
 * What a caller sees when the function failed. AWS says the first three words and leaves the rest to
 * the log; here caller and developer are the same, and the reason stands behind them.
 */
export function functionError(errorType: string, errorMessage: string): UrlResponse {
  const reason = inShort(`${errorType}: ${errorMessage}`);
  if (errorType !== REQUEST_TIMEOUT) return plain(502, `Internal Server Error (${reason})`);
  const { headers, ...response } = plain(504, `Gateway Timeout (${reason})`);
  return { ...response, headers: { ...headers, "lambda-web-error-type": errorType } };
}

/** The first line of a reason, as far as it is worth reading. */
export function inShort(reason: string): string {
  const [first = ""] = reason.split(/[\r\n]/, 1);
  return excerpt(first, MAX_REASON_LENGTH);
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
