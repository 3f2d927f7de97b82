/** What a reader must know where several runners fired: whose clocks, and which parts are missing or late. */

import { inWords, plural } from "../../basics/counts.ts";
import { printableName } from "../../basics/printable.ts";
import { shareOf } from "../core/plan/parts.ts";
import { isOfPart, type Role, type RunLine } from "../core/record-lines.ts";
import type { Evidence } from "../core/verdict/evidence.ts";
import type { RunState, Series } from "../records/fold.ts";
import { seconds } from "./numbers.ts";

/** A shot that falls by more than this share of the hold beside its time is said to. */
const LATE_SHARE = 0.1;
const STAYS = "Sharing that was seen stays proven.";

/** Some sentences for each thing that is to be known; empty where one runner fired it all. */
export function runnerNotes({ line, runs, runnerCount }: Series): string[] {
  const { role } = line;
  const several =
    `${inWords(runnerCount)} runners fired the ${role}, each with a clock of its own, and no two ` +
    "clocks are compared: times count from each runner's own shot, and trials are counted within each.";
  const fired = runs.map((run) => ({ run, runners: runnersOf(run) }));
  return [
    ...(runnerCount > 1 ? [several] : []),
    ...missingNotes(fired, role),
    ...lateNotes(fired),
    ...shortNotes(fired),
  ];
}

export function runName({ index }: RunLine): string {
  return `run ${index + 1}`;
}

/** How many of a run's requests were observed, each counted once. */
export function countOnce(requests: readonly Evidence[], planned: number): number {
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
    const which = those.length < runs.length ? `${runsWords(those)} of ` : "";
    return (
      `Of ${which}the ${role} no request of ${namesWords(names)} is on the record: ` +
      `that adds no trial, and whether those requests shared a process is not known. ${STAYS}`
    );
  });
}

/** One note for all shots that did not fall at the time on which the runners had agreed. */
function lateNotes(runs: readonly FiredRun[]): string[] {
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
  return [
    `By ${clock} ${namesWords(names)} fired ${when}${most} (${runName(worst.line)}). Requests of different ` +
      `runners may hardly have met, so isolation between runners was tried less. ${STAYS}`,
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
