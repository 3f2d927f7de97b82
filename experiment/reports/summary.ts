/** What tells at one look what an experiment came to: the columns of every table that has one a row. */

import { inWords } from "../../basics/counts.ts";
import { mostAtOnce } from "../core/verdict/conclude.ts";
import type { Fold, Series } from "../records/fold.ts";
import { modelOf, type TargetChoice } from "../targets/open-target.ts";
import { textTable } from "./experiment-text.ts";
import { percent } from "./numbers.ts";

interface SummaryColumn {
  /** What it is called where there is little room. */
  short: string;
  say(series: Series): string | undefined;
}

/** What was counted. */
const COUNTS = {
  Environments: {
    short: "environments",
    say: ({ conclusion }) => inWords(conclusion.environments),
  },
  Processes: { short: "processes", say: ({ conclusion }) => inWords(conclusion.processes) },
  "Most at once": { short: "at once", say: ({ runs }) => inWords(mostAtOnce(runs)) },
  "Mixed answers": { short: "mixed", say: ({ conclusion }) => inWords(conclusion.mixed) },
} satisfies Record<string, SummaryColumn>;

/** By what they are called where there is room. */
export const SUMMARY = {
  ...COUNTS,
  Verdict: { short: "verdict", say: ({ conclusion }) => conclusion.verdict },
  "Sharing below (95 %)": {
    short: "below",
    say: ({ conclusion: { bound } }) => (bound === undefined ? undefined : percent(bound)),
  },
} satisfies Record<string, SummaryColumn>;

const LEGEND =
  'Under "at once": the most requests that one process had inside. Under "below": what the\n' +
  "probability of sharing is less than, with 95 % confidence.\n";

/** One row of the table. */
export interface SummaryRow {
  /** What stands before the figures, in as many columns as all rows have. */
  names: string[];
  /** Absent, or without runs, where nothing was fired. */
  series?: Series | undefined;
  /** What stands in the verdict's place where there is none. */
  ending?: string | undefined;
}

/** Each experiment on a line of a table for a terminal, and what the headings mean. */
export function summaryText(rows: readonly SummaryRow[]): string {
  const lines = rows.map(({ names, series, ending }) => {
    if (!series || series.runs.length === 0) {
      return [...names, ...Object.keys(COUNTS).map(() => "–"), ending ?? "–"];
    }
    const cells = Object.values<SummaryColumn>(SUMMARY).map((column) => {
      return column === SUMMARY.Verdict && ending !== undefined
        ? ending
        : (column.say(series) ?? "");
    });
    return [...names, ...cells];
  });
  const short = Object.values(SUMMARY).map((column) => column.short);
  const head = [...(rows[0]?.names ?? []).map(() => ""), ...short];
  return `${textTable([head, ...lines]).join("\n")}\n\n${LEGEND}`;
}

// The same plan at several models, as a table for a terminal

/** How an experiment ended. */
export type ExperimentEnding = "verdict" | "unexpected" | "inconclusive" | "failed" | "interrupted";

export interface ToldModel {
  target: TargetChoice;
  ending: ExperimentEnding;
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
