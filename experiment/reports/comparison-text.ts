/** Several recorded experiments beside each other, as text for a terminal. */

import { printable } from "../../basics/printable.ts";
import { type Comparison, type Deployment, isSame } from "./comparison.ts";
import { table } from "./experiment-text.ts";
import { percent, plural } from "./numbers.ts";
import { planWords, pooledWords, targetWords } from "./words.ts";

/** What a list of more than two shows of each. */
const LISTED = ["Target", "Runs", "Verdict", "Environments", "Trials", "Sharing below (95 %)"];

/** Of two, what differs; of more, a list. */
export function comparisonText(comparison: Comparison): string {
  const { records, notes } = comparison;
  const names = records.map(({ path, experiment }, index) => [
    letter(index),
    printable(path),
    experiment ? planWords(experiment.plan) : "",
  ]);
  return [
    `${plural(records.length, "record")}\n${table(names).join("\n")}\n`,
    records.length === 2 ? differences(comparison) : list(comparison),
    comparison.deployments.map((deployment) => `${deploymentWords(deployment)}\n`).join(""),
    notes.map((note) => `Note: ${note}\n`).join(""),
  ]
    .filter(Boolean)
    .join("\n");
}

function differences({ aspects }: Comparison): string {
  const different = aspects.filter((aspect) => !isSame(aspect));
  const same = aspects.filter((aspect) => isSame(aspect) && aspect.values[0] !== "");
  const rows = different.map(({ what, values }) => [what, ...values.map((value) => value || "–")]);
  const lines = rows.length > 0 ? table([["", "A", "B"], ...rows]) : ["  Nothing differs."];
  const alike = same.map(({ what }) => what.toLowerCase()).join(", ");
  return `What differs\n${lines.join("\n")}\nThe same: ${alike || "nothing"}.\n`;
}

function list({ aspects, records }: Comparison): string {
  const listed = LISTED.flatMap((name) => aspects.find(({ what }) => what === name) ?? []);
  const head = ["", ...listed.map(({ what }) => what)];
  const rows = records.map((_, index) => [
    letter(index),
    ...listed.map(({ values }) => values[index] || "–"),
  ]);
  return `${table([head, ...rows]).join("\n")}\n`;
}

/** What all experiments of one deployment say together. */
export function deploymentWords({ target, pooled }: Deployment): string {
  const words = pooledWords(pooled);
  const where = printable(targetWords(target));
  if (words !== undefined) return `${where}: ${words}`;
  const alone =
    pooled.bound === undefined
      ? "saw sharing"
      : `${plural(pooled.trials, "trial")}, sharing below ${percent(pooled.bound)} (95 %)`;
  return `${where}: one experiment, ${alone}.`;
}

/** A, B, …, Z, 27, 28, …: how a record is called beside others. */
export function letter(index: number): string {
  return index < 26 ? String.fromCharCode("A".charCodeAt(0) + index) : String(index + 1);
}
