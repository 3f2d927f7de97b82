/** One request on its way through the service, from the URL to a runtime and back. */

import { functionUrlEvent, type UrlRequest } from "./function-url-event.ts";
import type { UrlResponse } from "./function-url-response.ts";
import type { ResponseStream } from "./streamed-response.ts";

/** How an invocation is answered. */
export type InvocationResult =
  /**
   * A runtime posted what the handler returned, as JSON, or what a streaming handler wrote, which
   * has a content type.
   */
  | { kind: "response"; body: Buffer; contentType?: string }
  /** A runtime has begun to send what the handler still writes. */
  | ({ kind: "stream" } & ResponseStream)
  /** A web server answered by itself. */
  | { kind: "http"; response: UrlResponse }
  | FunctionFailure
  | { kind: "throttled" }
  /** The request makes a larger event than a function may be given. */
  | { kind: "too-large" };

/** The function failed: it threw, exited, or took too long. */
export interface FunctionFailure {
  kind: "error";
  errorType: string;
  errorMessage: string;
}

export interface Invocation {
  readonly requestId: string;
  /** The event, as JSON. */
  readonly event: string;
  /** Answers the request with a stream while the handler runs on. */
  readonly begin: (stream: ResponseStream) => void;
  /** Ends the invocation; only the first call counts, and as an answer only if it has not begun. */
  readonly end: (result: InvocationResult) => void;
}

/**
 * The largest payload of a synchronous invocation, in bytes.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * An invocation of a runtime for a request, the promise of how it is answered, and that of its end.
 *
 * @returns `undefined` when its event is too large
 */
export function createInvocation(
  request: UrlRequest,
):
  | { invocation: Invocation; answered: Promise<InvocationResult>; over: Promise<void> }
  | undefined {
  const answered = Promise.withResolvers<InvocationResult>();
  const over = Promise.withResolvers<void>();
  const { requestId } = request;
  const event = JSON.stringify(functionUrlEvent(request));
  // A body as base64 is a third larger than it came, and a text is escaped.
  if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) return undefined;
  const begin = (stream: ResponseStream) => answered.resolve({ kind: "stream", ...stream });
  const end = (result: InvocationResult) => {
    over.resolve();
    answered.resolve(result);
  };
  const invocation = { requestId, event, begin, end };
  return { invocation, answered: answered.promise, over: over.promise };
}
