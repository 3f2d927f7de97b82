/** What a reader of a report must know of the record: where it ends early, or contradicts itself. */

import { inWords, plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { type Conclusion, isOfPart, type VerdictLine } from "../core/record-lines.ts";
import { areOfOneTarget } from "../core/target.ts";
import { isContradicted } from "../core/verdict/log-comparison.ts";
import type { RunState, Series } from "../records/fold.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";
import { countOnce, runName, runnerNotes } from "./runner-notes.ts";
import { targetWords } from "./words.ts";

/** What a verdict line says that follows from observations, by its name in words. */
const COMPARED: Partial<Record<keyof Conclusion, string>> = {
  verdict: "verdict",
  sharing: "sharing",
  environments: "environments",
  processes: "processes",
  instances: "instances",
  coldStarts: "cold starts",
  overlaps: "overlaps",
  mixed: "mixed answers",
  trials: "trials",
  warmTrials: "warm trials",
};

/** One sentence or two each; empty where the record is whole and agrees with itself. */
export function recordNotes(recorded: RecordedExperiment): string[] {
  const { experiment, control, readerNotes } = recorded;
  const series = [control, experiment].filter((one) => one !== undefined);
  const notes = [
    ...readerNotes,
    ...series.flatMap(seriesNotes),
    ...series.flatMap(runnerNotes),
    ...contradictions(recorded),
  ];
  if (!experiment) {
    notes.unshift("The record ends before the experiment was fired: it holds the control alone.");
  }
  return notes;
}

/** Where the record's own verdict over the experiment is not what follows from its observations. */
export function verdictNotes({ experiment }: RecordedExperiment): string[] {
  if (!experiment) return [];
  return disagreement(experiment.verdict, experiment.conclusion, "over the experiment");
}

/** Whether the runner lived to conclude over the experiment. */
export function isComplete({ experiment }: RecordedExperiment): boolean {
  return experiment?.verdict !== undefined;
}

function seriesNotes(series: Series): string[] {
  const { line, runs, byTarget, verdict, conclusion } = series;
  const { role } = line;
  const notes = runs.flatMap((run) => {
    const where = byTarget.length > 1 ? ` at ${printable(targetWords(run.line.target))}` : "";
    const which = `${runName(run.line)} of the ${role}${where}`;
    return [
      ...shortfall(run, which),
      ...disagreement(run.verdict, run.conclusion, `over ${which}`),
    ];
  });
  if (!verdict) {
    const planned = byTarget.reduce((sum, part) => sum + part.line.plan.stages.length, 0);
    const isShort = planned > runs.length;
    const never = isShort ? `, ${inWords(runs.length)} of ${inWords(planned)} runs` : "";
    notes.push(
      `The record of the ${role} ends before its runner concluded. What is on it is reported${never}.`,
    );
  }
  return [...notes, ...disagreement(verdict, conclusion, `over the ${role}`)];
}

/** A control has one target, or a stack's web function and then this machine. */
function isOneControl({ byTarget: [first, second, ...others] }: Series): boolean {
  if (others.length > 0) return false;
  return !second || (first?.line.target.kind === "stack" && second.line.target.kind === "local");
}

function shortfall({ line, requests, stage }: RunState, which: string): string[] {
  const planned = stage.requests;
  const once = countOnce(requests, planned);
  const surplus = requests.length - once;
  const notes: string[] = [];
  // Of parts it is said which runner lacks how many.
  if (once < planned && !isOfPart(line)) {
    notes.push(`Of ${which} ${inWords(once)} of ${inWords(planned)} requests are on the record.`);
  }
  if (surplus > 0) {
    notes.push(
      `Of ${which} ${plural(surplus, "observation")} more ${surplus === 1 ? "is" : "are"} on the record than requests of the plan: ` +
        "their numbers are repeated, or beyond it.",
    );
  }
  return notes;
}

/** Where a recorded verdict is not what follows from the observations, both are said. */
function disagreement(
  recorded: VerdictLine | undefined,
  computed: Conclusion,
  where: string,
): string[] {
  if (!recorded) return [];
  const differences = Object.entries(COMPARED).flatMap(([key, name]) => {
    const [claimed, found] = [recorded[key as keyof Conclusion], computed[key as keyof Conclusion]];
    return claimed === found
      ? []
      : [`${name} ${valueText(claimed)} instead of ${valueText(found)}`];
  });
  if (differences.length === 0) return [];
  return [
    `The record's own verdict ${where} differs from what its observations say, ` +
      `which is what is reported: ${differences.join(", ")}.`,
  ];
}

function valueText(value: unknown): string {
  if (value === undefined) return "none";
  return printable(typeof value === "number" ? inWords(value) : `${value}`);
}

/**
 * Where lines cannot all be true, beside verdicts, which are concluded anew: one sentence each, and
 * what became of it in the report.
 */
function contradictions(recorded: RecordedExperiment): string[] {
  const { experiment, control, crossChecks, foreignLines, answeredFailures } = recorded;
  const notes: string[] = [];
  if (experiment && !areOfOneTarget(experiment.runs.map(({ line }) => line))) {
    notes.push(
      "The runs of the experiment were fired at different deployments. " +
        "Its verdict is over all of them, and counts as evidence for none.",
    );
  }
  if (control && !isOneControl(control)) {
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
