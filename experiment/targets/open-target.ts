/** From a choice to a target that can be fired at. */

import type { Target } from "../core/target.ts";
import { openLocalTarget } from "./local-target.ts";
import { openStackTarget } from "./stack-target.ts";
import type { TargetChoice } from "./target-choice.ts";
import { openUrlTarget } from "./url-target.ts";

/** Opens the chosen target; the caller closes it. */
export async function openTarget(choice: TargetChoice): Promise<Target> {
  switch (choice.kind) {
    case "local":
      return openLocalTarget({ model: choice.model });
    case "stack":
      return openStackTarget(choice.stack);
    case "url":
      return openUrlTarget(choice.url);
  }
}
