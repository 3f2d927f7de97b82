/** Where the lines of a record cannot all be true, beside verdicts, which are concluded anew. */

import { isContradicted } from "../records/contradicted.ts";
import { areOfOneTarget } from "../records/pooled-evidence.ts";
import { inWords, plural } from "./numbers.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";

/** One sentence each, and what became of it in the report. */
export function contradictions(recorded: RecordedExperiment): string[] {
  const { experiment, control, crossChecks, foreignLines, answeredFailures } = recorded;
  const notes: string[] = [];
  if (experiment && !areOfOneTarget(experiment.runs.map(({ line }) => line))) {
    notes.push(
      "The runs of the experiment were fired at different deployments. " +
        "Its verdict is over all of them, and counts as evidence for none.",
    );
  }
  if (control && !areOfOneTarget(control.runs.map(({ line }) => line))) {
    notes.push("The runs of the control were fired at different deployments.");
  }
  if (crossChecks.some((line) => line.agreement && isContradicted(line))) {
    notes.push(
      "A cross-check on the record calls itself an agreement and lists differences: it is none.",
    );
  }
  if (foreignLines > 0) {
    const lines = inWords(foreignLines);
    notes.push(
      `Left out: ${lines} of the record's verdicts and cross-checks, of another experiment.`,
    );
  }
  if (answeredFailures > 0) {
    const answers = plural(answeredFailures, "answer");
    notes.push(`Left out: ${answers} of requests whose outcome is not ok.`);
  }
  return notes;
}
