/** From a choice to a target that can be fired at. */

import type { Target } from "../core/target.ts";
import { runnerObstacles } from "./resources.ts";
import type { TargetChoice } from "./target-choice.ts";

/**
 * Opens the chosen target; the caller closes it. Each kind is loaded when it is asked for: what
 * fires at this machine does not load AWS's packages.
 *
 * @param signal ends the waiting for a target that takes its time
 * @param onWait called with what to say when later something takes its time
 */
export async function openTarget(
  choice: TargetChoice,
  signal?: AbortSignal,
  onWait?: (words: string) => void,
): Promise<Target> {
  switch (choice.kind) {
    case "local": {
      const { openLocalTarget } = await import("./local-target.ts");
      const { kind: _, ...configuration } = choice;
      return openLocalTarget(configuration, signal);
    }
    case "stack": {
      const { openStackTarget } = await import("./stack-target.ts");
      return openStackTarget(choice.stack, signal, onWait);
    }
    case "url":
      return openUrlTarget(choice.url);
  }
}

/** How long a cold start behind an unknown URL may take, in milliseconds. */
const COLD_START_ALLOWANCE_MS = 30_000;

/** Any URL. Only what it answers is known of it. */
function openUrlTarget(url: URL): Target {
  return {
    url,
    description: { kind: "url", url: url.href },
    coldStartAllowanceMs: () => COLD_START_ALLOWANCE_MS,
    obstacles: async (plan) => runnerObstacles(plan),
    close: async () => {},
  };
}
