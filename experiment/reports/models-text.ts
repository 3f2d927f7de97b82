/** What the same plan came to at several models, as a table for a terminal. */

import { inWords } from "../core/counts.ts";
import { mostAtOnce } from "../core/verdict/proof.ts";
import type { Series } from "../records/fold.ts";
import type { TargetChoice } from "../targets/target-choice.ts";
import { table } from "./experiment-text.ts";
import { percent } from "./numbers.ts";

const HEAD = ["", "environments", "processes", "at once", "mixed", "verdict", "below"];

const LEGEND =
  "at once: the most requests that one process had inside; below: the probability of sharing, with\n" +
  "95 % confidence.\n";

/** A model's series is absent, or has no runs, where nothing was fired at it. */
export function modelsText(
  told: readonly { target: TargetChoice; series?: Series | undefined }[],
): string {
  const rows = told.map(({ target, series }) => {
    const name = target.kind === "local" ? target.model : target.kind;
    if (!series || series.runs.length === 0) return [name, "–", "–", "–", "–", "not fired", ""];
    const { environments, processes, mixed, verdict, bound } = series.conclusion;
    const counts = [environments, processes, mostAtOnce(series.runs), mixed].map(inWords);
    return [name, ...counts, verdict, bound === undefined ? "" : percent(bound)];
  });
  return `${table([HEAD, ...rows]).join("\n")}\n\n${LEGEND}`;
}
