/** What the provider does where AWS refuses for a while: it tries again. */

import { setTimeout as wait } from "node:timers/promises";
import { AwsError } from "./account.ts";

/** Longer than anything here takes. The real provider has minutes. */
const PATIENCE_MS = 1_500;
const PAUSE_MS = 20;

/**
 * Tries again as long as a refusal says that something else has to happen first.
 *
 * @param passing what such a refusal says
 * @throws the last refusal
 */
export async function patiently<T>(
  passing: RegExp,
  attempt: () => T | Promise<T>,
): Promise<Awaited<T>> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const passes = error instanceof AwsError && passing.test(error.message);
      if (!passes || Date.now() > end) throw error;
      await wait(PAUSE_MS);
    }
  }
}
