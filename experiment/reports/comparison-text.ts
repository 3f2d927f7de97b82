/** Several recorded experiments beside each other, as text for a terminal. */

import { plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { type Comparison, letter } from "./comparison.ts";
import { textTable } from "./experiment-text.ts";
import { summaryText } from "./summary.ts";
import { deploymentWords, planWords, targetWords } from "./words.ts";

/** First what each came to; of two, what differs as well. */
export function comparisonText(comparison: Comparison): string {
  const { records, deployments, notes } = comparison;
  const names = records.map(({ path, experiment }, index) => [
    letter(index),
    printable(path),
    experiment ? planWords(experiment.line.plan) : "",
  ]);
  const rows = records.map(({ experiment: series }, index) => {
    const target = series ? printable(targetWords(series.line.target)) : "";
    return { names: [letter(index), target], series };
  });
  return [
    summaryText(rows),
    `${plural(records.length, "record")}\n${textTable(names).join("\n")}\n`,
    records.length === 2 ? differences(comparison) : "",
    deployments.map(({ target, pooled }) => `${deploymentWords(target, pooled)}\n`).join(""),
    notes.map((note) => `Note: ${note}\n`).join(""),
  ]
    .filter(Boolean)
    .join("\n");
}

function differences({ aspects }: Comparison): string {
  const rows = aspects
    .filter(({ isSame }) => !isSame)
    .map(({ what, values }) => [what, ...values.map((value) => value || "–")]);
  const lines = rows.length > 0 ? textTable([["", "A", "B"], ...rows]) : ["  Nothing differs."];
  const alike = aspects
    .filter(({ isSame, values }) => isSame && values[0] !== "")
    .map(({ what }) => what.toLowerCase());
  return `What differs\n${lines.join("\n")}\nThe same: ${alike.join(", ") || "nothing"}.\n`;
}
