/** One request on its way through the service, from the URL to a runtime and back. */

/** How an invocation ended. */
export type InvocationResult =
  | { kind: "response"; body: string }
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

/** An invocation, and the promise of how it ends. */
export function createInvocation(
  requestId: string,
  event: string,
): { invocation: Invocation; ended: Promise<InvocationResult> } {
  const { promise, resolve } = Promise.withResolvers<InvocationResult>();
  return { invocation: { requestId, event, end: resolve }, ended: promise };
}
