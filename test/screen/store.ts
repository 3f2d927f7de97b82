/** The store of the screen as a session has it before anything is fired, and its lines as texts. */

import type { Model } from "../../basics/models.ts";
import { referencePlan } from "../../experiment/core/plan/plan.ts";
import { ExperimentStore } from "../../tui/store.ts";
import { describeTarget } from "../../tui/target-words.ts";
import type { Line } from "../../tui/terminal/styled-text.ts";

export function storeOf(model: Model = "on-demand", plan = referencePlan): ExperimentStore {
  const target = describeTarget({ kind: "local", model });
  const store = new ExperimentStore({ plan, target, notice: undefined }, 1);
  store.close();
  return store;
}

/** Lines without their styles and the spaces at their ends. */
export const textsOf = (lines: readonly Line[]): string[] =>
  lines.map((line) =>
    line
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
