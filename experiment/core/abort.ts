/** Waiting that ends early. */

/**
 * What a promise resolves to, or `undefined` as soon as nobody waits for it any more; what it comes
 * to then is left alone.
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
