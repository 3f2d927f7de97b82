/** Any URL. Only what it answers is known of it. */

import type { Target } from "../core/target.ts";
import { lackOfFiles, largestBurst } from "./resources.ts";
import { PROVES } from "./target-choice.ts";

/** How long a cold start behind an unknown URL may take, in milliseconds. */
const COLD_START_ALLOWANCE_MS = 30_000;

export function openUrlTarget(url: URL): Target {
  return {
    url,
    description: { kind: "url", url: url.href },
    proves: PROVES.url,
    coldStartAllowanceMs: () => COLD_START_ALLOWANCE_MS,
    obstacles: async (plan) => {
      const lack = lackOfFiles(largestBurst(plan), (burst) => burst, "The runner");
      return lack === undefined ? [] : [lack];
    },
    close: async () => {},
  };
}
