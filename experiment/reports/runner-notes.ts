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
  return [
    ...(runnerCount > 1 ? [several] : []),
    ...missingNotes(runs, role),
    ...lateNotes(runs),
    ...shortNotes(runs),
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

/** One note for all runners of which the same runs are missing. */
function missingNotes(runs: readonly RunState[], role: Role): string[] {
  const missing = new Map<string, RunState[]>();
  for (const run of runs) {
    const fired = new Set([...run.runners, ...run.starts.map(({ runner }) => runner)]);
    for (const name of expected(run.line)) {
      if (!fired.has(name)) missing.set(name, [...(missing.get(name) ?? []), run]);
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
function lateNotes(runs: readonly RunState[]): string[] {
  const shots = runs.flatMap(({ line, starts, holdMs }) =>
    starts.flatMap(({ runner, startedAt, startAt }) => {
      if (!isOfPart(line) || startAt === undefined) return [];
      const ms = Date.parse(startedAt) - Date.parse(startAt);
      return Math.abs(ms) > LATE_SHARE * holdMs ? [{ name: runner ?? "", line, ms }] : [];
    }),
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
function shortNotes(runs: readonly RunState[]): string[] {
  const names = new Set<string>();
  let lacking = 0;
  for (const { line, stage, requests, starts } of runs.filter((run) => isOfPart(run.line))) {
    const byRunner = Map.groupBy(requests, ({ runner }) => runner);
    const runners = expected(line);
    for (const [index, name] of runners.entries()) {
      if (!starts.some(({ runner }) => runner === name)) continue;
      const share = shareOf(stage.requests, { number: index + 1, of: runners.length });
      const lack = share - countOnce(byRunner.get(name) ?? [], stage.requests);
      if (lack <= 0) continue;
      names.add(name);
      lacking += lack;
    }
  }
  if (lacking === 0) return [];
  return [
    `Of ${namesWords([...names])} ${plural(lacking, "request")} ${lacking === 1 ? "is" : "are"} not on the record: ` +
      `that adds no trial. ${STAYS}`,
  ];
}

/** The runners that were to fire a run. */
function expected({ schema, runners = [] }: RunLine): readonly string[] {
  return schema === 1 ? [] : runners;
}

function runsWords(runs: readonly RunState[]): string {
  const [first, ...others] = runs;
  return first && others.length === 0 ? runName(first.line) : plural(runs.length, "run");
}

function namesWords([first = "", ...others]: readonly string[]): string {
  const more = others.length > 0 ? ` and ${plural(others.length, "other runner")}` : "";
  return `${printableName(first)}${more}`;
}
