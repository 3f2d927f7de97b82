/** What the same plan came to at several models, as a table for a terminal. */

import { inWords } from "../core/counts.ts";
import { mostAtOnce } from "../core/verdict/proof.ts";
import type { Fold } from "../records/fold.ts";
import { modelOf, type TargetChoice } from "../targets/target-choice.ts";
import { table } from "./experiment-text.ts";
import { percent } from "./numbers.ts";

const HEAD = ["", "environments", "processes", "at once", "mixed", "verdict", "below"];

const LEGEND =
  "at once: the most requests that one process had inside; below: the probability of sharing, with\n" +
  "95 % confidence.\n";

/** How an experiment ended. */
export type Ending = "verdict" | "unexpected" | "inconclusive" | "failed" | "interrupted";

export interface ToldModel {
  target: TargetChoice;
  ending: Ending;
  fold: Fold;
}

export function modelsText(told: readonly ToldModel[]): string {
  const rows = told.map(({ target, ending, fold: { experiment } }) => {
    const name = modelOf(target) ?? target.kind;
    const { runs } = experiment;
    if (runs.length === 0) return [name, "–", "–", "–", "–", ending, ""];
    const { environments, processes, mixed, verdict, bound } = experiment.conclusion;
    const counts = [environments, processes, mostAtOnce(runs), mixed].map(inWords);
    const word = ending === "failed" || ending === "interrupted" ? ending : verdict;
    return [name, ...counts, word, bound === undefined ? "" : percent(bound)];
  });
  return `${table([HEAD, ...rows]).join("\n")}\n\n${LEGEND}`;
}
