/** From a choice to a target that can be fired at. */

import type { Target } from "../core/target.ts";
import { openLocalTarget } from "./local-target.ts";
import { openStackTarget } from "./stack-target.ts";
import type { TargetChoice } from "./target-choice.ts";
import { openUrlTarget } from "./url-target.ts";

/**
 * Opens the chosen target; the caller closes it.
 *
 * @param signal ends the waiting for a target that takes its time
 */
export async function openTarget(choice: TargetChoice, signal?: AbortSignal): Promise<Target> {
  switch (choice.kind) {
    case "local":
      return openLocalTarget({ model: choice.model });
    case "stack":
      return openStackTarget(choice.stack, signal);
    case "url":
      return openUrlTarget(choice.url);
  }
}
