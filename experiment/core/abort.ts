/** What is stopped before it has ended. */

/**
 * Resolves like the promise, or to `undefined` as soon as the signal aborts; what the promise comes to
 * after that is left alone.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  // Nobody may be there to hear of its failure.
  promise.catch(() => {});
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const leave = () => resolve(undefined);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/**
 * Whether an error says no more than that somebody stopped what was under way: it is the signal's reason,
 * or what Node.js and AWS's packages make of that. Any other error is one, whoever stopped what meanwhile.
 */
export function isStop(error: unknown, signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
