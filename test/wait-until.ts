/** Waiting for a condition, never for a time. */

import { setTimeout as wait } from "node:timers/promises";

const TIMEOUT_MS = 60_000;

/**
 * Resolves to the first value that is neither `undefined` nor `false`.
 *
 * @throws Error that says what was waited for
 */
export async function waitUntil<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await wait(20);
  }
}
