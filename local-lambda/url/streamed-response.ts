/**
 * The HTTP response that a Function URL makes of what a streaming handler writes. It is a prelude and
 * the body where the content type says so, as `awslambda.HttpResponseStream.from` writes them, and
 * the body alone otherwise.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */

import {
  functionUrlResponse,
  type ResponseHead,
  respond,
  responseHead,
  type UrlResponse,
} from "./function-url-response.ts";

/** What a runtime sends while its handler still writes. */
export interface ResponseStream {
  /** As the handler set it. */
  contentType: string;
  /** Breaks with an error when the function fails. */
  body: AsyncIterable<Buffer>;
  /** Nobody reads it any more: what the handler still writes is thrown away. */
  leave: () => void;
}

/** Why a stream has broken: the function failed while its answer was on the way. */
export class BrokenStream extends Error {
  override readonly name = "BrokenStream";
  readonly errorType: string;

  constructor({ errorType, errorMessage }: { errorType: string; errorMessage: string }) {
    super(errorMessage);
    this.errorType = errorType;
  }
}

/** The content type by which AWS's runtime client says that a prelude comes first. */
const WITH_PRELUDE = "application/vnd.awslambda.http-integration-response";
/** AWS's runtime client says this of a stream whose handler has said nothing. */
const UNSAID = "application/octet-stream";
/** What stands between prelude and body. */
const DELIMITER = Buffer.alloc(8);
/** A longer prelude, in bytes, is taken for none. AWS documents no limit. */
const MAX_PRELUDE_BYTES = 1024 * 1024;

/**
 * The response of a stream that is complete. Without a prelude it is what any handler may return.
 * What the URL makes of a prelude when it answers all at once AWS does not document; that it is
 * obeyed as in a stream is assumed, which loses nothing.
 *
 * @throws Error with what cannot be sent
 */
export function completeResponse(written: Buffer, contentType: string): UrlResponse {
  if (contentType !== WITH_PRELUDE) {
    return functionUrlResponse(written, { contentType, isSaid: contentType !== UNSAID });
  }
  const at = written.indexOf(DELIMITER);
  if (at < 0) throw new Error(NO_PRELUDE);
  const { statusCode, headers } = preludeOf(written.subarray(0, at));
  return respond(statusCode, headers, written.subarray(at + DELIMITER.length));
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
  const { contentType } = stream;
  const chunks = stream.body[Symbol.asyncIterator]();
  let read: Buffer = Buffer.alloc(0);
  let at = contentType === WITH_PRELUDE ? -1 : 0;
  // A stream that fails before its first byte has no head, whatever it begins with.
  while (at < 0 || read.length === 0) {
    const next = await chunks.next();
    if (next.done) break;
    read = Buffer.concat([read, next.value]);
    if (at < 0) at = read.indexOf(DELIMITER);
    if (at < 0 && read.length > MAX_PRELUDE_BYTES) break;
  }
  if (at < 0) throw new Error(NO_PRELUDE);
  const isPrelude = contentType === WITH_PRELUDE;
  const head = isPrelude
    ? preludeOf(read.subarray(0, at))
    : { statusCode: 200, headers: { "content-type": contentType } };
  const first = isPrelude ? read.subarray(at + DELIMITER.length) : read;
  return { ...head, body: continued(first, chunks) };
}

async function* continued(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** A prelude need not say a status, nor a content type. */
function preludeOf(bytes: Buffer): ResponseHead {
  let prelude: unknown;
  try {
    prelude = JSON.parse(bytes.toString());
  } catch {
    throw new Error("the prelude of the stream is not JSON");
  }
  const { statusCode, headers } = responseHead({ statusCode: 200, ...Object(prelude) });
  return { statusCode, headers: { "content-type": UNSAID, ...headers } };
}

const NO_PRELUDE =
  "the stream ended before its prelude, which AWS's client sends with the first write: " +
  "write at least an empty text before end()";
