/** What the same plan came to at several models, as a table for a terminal. */

import type { Fold } from "../records/fold.ts";
import { modelOf, type TargetChoice } from "../targets/target-choice.ts";
import { summaryText } from "./summary.ts";

/** How an experiment ended. */
export type Ending = "verdict" | "unexpected" | "inconclusive" | "failed" | "interrupted";

export interface ToldModel {
  target: TargetChoice;
  ending: Ending;
  fold: Fold;
}

export function modelsText(told: readonly ToldModel[]): string {
  const rows = told.map(({ target, ending, fold: { experiment: series } }) => {
    const isCut = series.runs.length === 0 || ending === "failed" || ending === "interrupted";
    const names = [modelOf(target) ?? target.kind];
    return { names, series, ending: isCut ? ending : undefined };
  });
  return summaryText(rows);
}
