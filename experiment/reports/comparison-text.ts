/** Several recorded experiments beside each other, as text for a terminal. */

import { printable } from "../../basics/printable.ts";
import { plural } from "../core/counts.ts";
import { type Comparison, letter } from "./comparison.ts";
import { table } from "./experiment-text.ts";
import { deploymentWords, planWords } from "./words.ts";

/** Of two, what differs; of more, a list. */
export function comparisonText(comparison: Comparison): string {
  const { records, deployments, notes } = comparison;
  const names = records.map(({ path, experiment }, index) => [
    letter(index),
    printable(path),
    experiment ? planWords(experiment.line.plan) : "",
  ]);
  return [
    `${plural(records.length, "record")}\n${table(names).join("\n")}\n`,
    records.length === 2 ? differences(comparison) : list(comparison),
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
  const lines = rows.length > 0 ? table([["", "A", "B"], ...rows]) : ["  Nothing differs."];
  const alike = aspects
    .filter(({ isSame, values }) => isSame && values[0] !== "")
    .map(({ what }) => what.toLowerCase());
  return `What differs\n${lines.join("\n")}\nThe same: ${alike.join(", ") || "nothing"}.\n`;
}

function list({ summary, records }: Comparison): string {
  const head = ["", ...summary.map(({ what }) => what)];
  const rows = records.map((_, index) => [
    letter(index),
    ...summary.map(({ values }) => values[index] || "–"),
  ]);
  return `${table([head, ...rows]).join("\n")}\n`;
}
