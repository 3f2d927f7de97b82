/** One request on its way through the service, from the URL to a runtime and back. */

import { functionUrlEvent, type UrlRequest } from "./function-url-event.ts";
import type { UrlResponse } from "./function-url-response.ts";

/** How an invocation ended. */
export type InvocationResult =
  /** A runtime posted what the handler returned, as JSON. */
  | { kind: "response"; body: string }
  /** A web server answered by itself. */
  | { kind: "http"; response: UrlResponse }
  /** The function failed: it threw, exited, or took too long. */
  | { kind: "error"; errorType: string; errorMessage: string }
  | { kind: "throttled" };

export interface Invocation {
  readonly requestId: string;
  /** The event, as JSON. */
  readonly event: string;
  /** Ends the invocation; only the first call counts. */
  readonly end: (result: InvocationResult) => void;
}

/** An invocation of a runtime for a request, and the promise of how it ends. */
export function createInvocation(request: UrlRequest): {
  invocation: Invocation;
  ended: Promise<InvocationResult>;
} {
  const { promise, resolve } = Promise.withResolvers<InvocationResult>();
  const { requestId } = request;
  const event = JSON.stringify(functionUrlEvent(request));
  return { invocation: { requestId, event, end: resolve }, ended: promise };
}
