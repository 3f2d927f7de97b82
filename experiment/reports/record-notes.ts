/**
 * What a reader of a report must know of the record: where it ends early, or contradicts itself, and whose
 * clocks its times are of.
 */

import { inWords, plural } from "../../basics/counts.ts";
import { printable, printableName } from "../../basics/printable.ts";
import { shareOf } from "../core/plan/plan.ts";
import {
  type Conclusion,
  isOfPart,
  type Role,
  type RunLine,
  type VerdictLine,
} from "../core/record-lines.ts";
import { areOfOneTarget } from "../core/target.ts";
import type { Evidence } from "../core/verdict/evidence.ts";
import { isContradicted } from "../core/verdict/log-comparison.ts";
import type { RunState, Series } from "../records/fold.ts";
import { seconds } from "./numbers.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";
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
export function isConcluded({ experiment }: RecordedExperiment): boolean {
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

// Where several runners fired: whose clocks, and which parts are missing or late

/** A shot that falls by more than this share of the hold beside its time is said to. */
const LATE_SHARE = 0.1;
const STAYS = "Sharing that was seen stays proven.";

/** Some sentences for each thing that is to be known; empty where one runner fired it all. */
export function runnerNotes({ line, runs, runnerCount, conclusion }: Series): string[] {
  const { role } = line;
  const several =
    `${inWords(runnerCount)} runners fired the ${role}, each with a clock of its own, and no two ` +
    "clocks are compared: times count from each runner's own shot, and trials are counted within each.";
  const fired = runs.map((run) => ({ run, runners: runnersOf(run) }));
  return [
    ...(runnerCount > 1 ? [several] : []),
    ...missingNotes(fired, role),
    ...lateNotes(fired, conclusion.verdict === "shared"),
    ...shortNotes(fired),
  ];
}

function runName({ index }: RunLine): string {
  return `run ${index + 1}`;
}

/** How many of a run's requests were observed, each counted once. */
function countOnce(requests: readonly Evidence[], planned: number): number {
  const seen = new Set<number>();
  for (const { index } of requests) if (index < planned) seen.add(index);
  return seen.size;
}

/** What is on the record of a runner's part of a run. */
export interface RunnerState {
  /** `undefined`: it fired what names no runner. */
  name: string | undefined;
  /** Whether anything is. */
  hasFired: boolean;
  /** The requests that it was to fire, and those that are, each counted once; no share of others is known. */
  planned?: number;
  observed: number;
  /** When its shot fell, ISO 8601, and how long after its time, in milliseconds: by its own clock. */
  startedAt?: string;
  lateMs?: number;
}

/** Those that were to fire a run, in order, and any other that did; none of a run that one fires alone. */
export function runnersOf({ line, runners, starts, stage, requests }: RunState): RunnerState[] {
  if (line.schema === 1) return [];
  const expected = line.runners ?? [];
  const byRunner = Map.groupBy(requests, ({ runner }) => runner);
  const fired = new Set([...runners, ...starts.flatMap(({ runner }) => runner ?? [])]);
  return [...new Set([...expected, ...fired])].map((name) => {
    const start = starts.find(({ runner }) => runner === name);
    const part = { number: expected.indexOf(name ?? "") + 1, of: expected.length };
    const { startedAt, startAt } = start ?? {};
    return {
      name,
      hasFired: fired.has(name),
      ...(isOfPart(line) && part.number > 0 && { planned: shareOf(stage.requests, part) }),
      observed: countOnce(byRunner.get(name) ?? [], stage.requests),
      ...(startedAt !== undefined && { startedAt }),
      ...(startedAt !== undefined &&
        startAt !== undefined && { lateMs: Date.parse(startedAt) - Date.parse(startAt) }),
    };
  });
}

interface FiredRun {
  run: RunState;
  runners: readonly RunnerState[];
}

/** One note for all runners of which the same runs are missing. */
function missingNotes(runs: readonly FiredRun[], role: Role): string[] {
  const missing = new Map<string, RunState[]>();
  for (const { run, runners } of runs) {
    for (const { name = "", hasFired } of runners) {
      if (!hasFired) missing.set(name, [...(missing.get(name) ?? []), run]);
    }
  }
  const groups = Map.groupBy(missing, ([, those]) => those.map(({ line }) => line.run).join("\n"));
  return [...groups.values()].map((group) => {
    const those = group.flatMap(([, missed], at) => (at === 0 ? missed : []));
    const names = group.map(([name]) => name);
    const which = those.length < runs.length ? ` in ${runsWords(those)}` : "";
    return (
      `The ${role} has no request of ${namesWords(names)}${which} on the record: ` +
      `that adds no trial, and whether those requests shared a process is not known. ${STAYS}`
    );
  });
}

/** One note for all shots that did not fall at the time on which the runners had agreed. */
function lateNotes(runs: readonly FiredRun[], isShared: boolean): string[] {
  const shots = runs.flatMap(({ run, runners }) =>
    runners.flatMap(({ name = "", lateMs: ms = 0 }) =>
      Math.abs(ms) > LATE_SHARE * run.holdMs ? [{ name, line: run.line, ms }] : [],
    ),
  );
  const [worst] = shots.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
  if (!worst) return [];
  const names = [...new Set([worst, ...shots].map(({ name }) => name))];
  const clock = names.length > 1 ? "their own clocks" : "its own clock";
  const when = `${seconds(Math.abs(worst.ms))} ${worst.ms > 0 ? "late" : "early"}`;
  const most = shots.length > 1 ? " at most" : "";
  const late = `By ${clock} ${namesWords(names)} fired ${when}${most} (${runName(worst.line)}).`;
  // Where requests met all the same, it made no difference.
  if (isShared) return [late];
  return [
    `${late} Requests of different runners may hardly have met, so isolation between runners was tried less.`,
  ];
}

/** One note for all parts that began and are not whole. */
function shortNotes(runs: readonly FiredRun[]): string[] {
  const names = new Set<string>();
  let lacking = 0;
  const all = runs.flatMap(({ runners }) => runners);
  for (const { name = "", startedAt, planned = 0, observed } of all) {
    if (startedAt === undefined || observed >= planned) continue;
    names.add(name);
    lacking += planned - observed;
  }
  if (lacking === 0) return [];
  return [
    `Of ${namesWords([...names])} ${plural(lacking, "request")} ${lacking === 1 ? "is" : "are"} not on the record: ` +
      `that adds no trial. ${STAYS}`,
  ];
}

function runsWords(runs: readonly RunState[]): string {
  const [first, ...others] = runs;
  return first && others.length === 0 ? runName(first.line) : plural(runs.length, "run");
}

function namesWords([first = "", ...others]: readonly string[]): string {
  const more = others.length > 0 ? ` and ${plural(others.length, "other runner")}` : "";
  return `${printableName(first)}${more}`;
}
