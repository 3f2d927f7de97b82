/** A recorded experiment as text, in the words in which it was told while it ran. */

import { printable } from "../../basics/printable.ts";
import type { Conclusion } from "../core/record-lines.ts";
import { PROVES } from "../targets/target-choice.ts";
import { ExperimentText } from "./experiment-text.ts";
import { recordNotes } from "./record-notes.ts";
import type { RecordedExperiment, RecordedRun } from "./recorded-experiment.ts";
import { firedWords } from "./target-words.ts";

/** @param colour whether the reader can see colours */
export function textReport(recorded: RecordedExperiment, colour: boolean): string {
  const { id, experiment, control, crossChecks } = recorded;
  const text = new ExperimentText(colour);
  const verdict = (run: string | null, conclusion: Conclusion, role?: "control") =>
    text.take({ type: "verdict", experiment: id, run, role, ...conclusion }) ?? "";
  const runText = (run: RecordedRun) => {
    tellRun(text, run);
    return `${verdict(run.line.run, run.conclusion)}\n`;
  };
  const main = experiment ?? control;
  return [
    main ? `${firedWords(main.plan, main.target)}\n${PROVES[main.target.kind]}\n\n` : "",
    ...(control?.runs ?? []).map(runText),
    control ? verdict(null, control.conclusion, "control") : "",
    ...(experiment?.runs ?? []).map(runText),
    experiment ? verdict(null, experiment.conclusion) : "",
    ...crossChecks.map((line) => text.take(line) ?? ""),
    ...recordNotes(recorded).map((note) => `\nNote: ${note}\n`),
    `\nRecord: ${printable(recorded.path)}\n`,
  ].join("");
}

function tellRun(text: ExperimentText, { line, shown, requests }: RecordedRun): void {
  text.take(line);
  for (const observation of shown) text.take(observation);
  const told = new Set(shown.map(({ index }) => index));
  for (const evidence of requests) if (!told.has(evidence.index)) text.takeEvidence(evidence);
}
