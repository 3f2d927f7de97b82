/** What a reader of a report must know of the record: where it ends early, or contradicts itself. */

import { printable } from "../../basics/printable.ts";
import type { Conclusion, VerdictLine } from "../core/record-lines.ts";
import type { Evidence } from "../core/verdict/evidence.ts";
import { contradictions } from "./contradictions.ts";
import { inWords, plural } from "./numbers.ts";
import type { RecordedExperiment, RecordedRun, Series } from "./recorded-experiment.ts";

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
  const { experiment, control, cutOff } = recorded;
  const series = [control, experiment].filter((one) => one !== undefined);
  const notes = [
    ...(cutOff ? [cutOff] : []),
    ...series.flatMap(seriesNotes),
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
  return disagreement(experiment.recorded, experiment.conclusion, "over the experiment");
}

/** Whether the runner lived to conclude over the experiment. */
export function isComplete({ experiment }: RecordedExperiment): boolean {
  return experiment?.recorded !== undefined;
}

function seriesNotes(series: Series): string[] {
  const { role, plan, runs, recorded, conclusion } = series;
  const whose = role === "control" ? "control" : "experiment";
  const notes = runs.flatMap((run) => [
    ...shortfall(run, `${runName(run)} of the ${whose}`),
    ...disagreement(run.recorded, run.conclusion, `over ${runName(run)} of the ${whose}`),
  ]);
  if (!recorded) {
    const missing = plan.stages.length - runs.length;
    const never = missing > 0 ? `, ${inWords(runs.length)} of ${plan.stages.length} runs` : "";
    notes.push(
      `The record of the ${whose} ends before its runner concluded. What is on it is reported${never}.`,
    );
  }
  return [...notes, ...disagreement(recorded, conclusion, `over the ${whose}`)];
}

function runName({ line }: RecordedRun): string {
  return `run ${line.index + 1}`;
}

function shortfall({ requests, planned }: RecordedRun, which: string): string[] {
  const once = countOnce(requests, planned);
  const surplus = requests.length - once;
  const notes: string[] = [];
  if (once < planned) {
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

/** How many of a plan's requests were observed, each counted once. */
function countOnce(requests: readonly Evidence[], planned: number): number {
  const seen = new Set<number>();
  for (const { index } of requests) if (index < planned) seen.add(index);
  return seen.size;
}

/** Where a recorded verdict is not what follows from the observations, both are said. */
function disagreement(
  recorded: VerdictLine | undefined,
  computed: Conclusion,
  where: string,
): string[] {
  if (!recorded) return [];
  const differences = Object.entries(COMPARED).flatMap(([key, name]) => {
    const [its, ours] = [recorded[key as keyof Conclusion], computed[key as keyof Conclusion]];
    return its === ours ? [] : [`${name} ${value(its)} instead of ${value(ours)}`];
  });
  if (differences.length === 0) return [];
  return [
    `The record's own verdict ${where} differs from what its observations say, ` +
      `which is what is reported: ${differences.join(", ")}.`,
  ];
}

function value(its: unknown): string {
  return its === undefined ? "none" : printable(typeof its === "number" ? inWords(its) : `${its}`);
}
