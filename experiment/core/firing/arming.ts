/** From requests that were handed to their connections to a burst that can be fired. */

import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { ExperimentError } from "../errors.ts";
import type { Connection } from "./connections.ts";
import type { Ending } from "./request.ts";

/**
 * Between arming and the shot, in milliseconds: without it the server is still accepting
 * connections when the shot falls, and the burst spreads.
 */
const SETTLE_MS = 200;
/** How long a request may take to reach its socket while arming. */
const ARMING_TIMEOUT_MS = 30_000;

/**
 * Waits until the request of every connection is held back, whole, and then settles.
 *
 * @param endings of the requests, none of which may end before the shot
 * @throws ExperimentError when a connection is lost, and the signal's reason when it stops the run
 */
export async function untilArmed(
  connections: readonly Connection[],
  endings: readonly Promise<Ending>[],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    const ended = await Promise.race([...endings, untilLoaded(connections, either)]);
    signal.throwIfAborted();
    if (ended) throw armingFailed(ended.message ?? "the target answered before it was asked");
  } finally {
    over.abort();
  }
}

async function untilLoaded(
  connections: readonly Connection[],
  signal: AbortSignal,
): Promise<undefined> {
  const deadline = performance.now() + ARMING_TIMEOUT_MS;
  for (const connection of connections) {
    while (!connection.isLoaded) {
      await nextTurn();
      signal.throwIfAborted();
      if (connection.isLost) throw armingFailed("the target closed it");
      if (performance.now() > deadline) throw armingFailed("the requests were not written");
    }
  }
  await wait(SETTLE_MS, undefined, { signal });
  if (connections.some(({ isLost }) => isLost)) throw armingFailed("the target closed it");
}

function armingFailed(why: string): ExperimentError {
  return new ExperimentError(
    `A connection did not last until the shot: ${why}`,
    "Lower the concurrency, and check that the target is up and leaves idle connections open.",
  );
}
