/** How long idle environments live, from those that were seen again after each pause of a plan. */

import { burstOf } from "../plan/plan.ts";
import type { RunLine } from "../record-lines.ts";
import { type Evidence, isOfOneRunner } from "./evidence.ts";

const ON_DEMAND = "on-demand";
const BISECTIONS = 100;

/** How many of some environments outlived a pause. */
interface Survival {
  /** Milliseconds without a request. */
  pauseMs: number;
  before: number;
  after: number;
}

/** What a run showed of its environments. */
export interface ServedRun {
  /** The pause before it. */
  pauseMs: number;
  /** Requests at once, so environments that could be seen. */
  burst: number;
  /** Whether every request was answered with the name of its environment. */
  isComplete: boolean;
  environments: ReadonlySet<string>;
}

/** What explains the survivors. */
export type LifetimeEstimate =
  /** All outlived a pause of `aboveMs`, if there was one, and none one of `belowMs`, likewise. */
  | { kind: "timeout"; aboveMs?: number; belowMs?: number }
  /** Half of those that are left end every so many milliseconds. */
  | { kind: "half-life"; halfLifeMs: number }
  | { kind: "unexplained" };

export interface Lifetime {
  /** The shortest pause first; those of equal length are added up. */
  survivals: readonly Survival[];
  estimate: LifetimeEstimate;
}

/**
 * Looks which environments of each run were seen again after the pause behind it, at once or later.
 * The service may start a new environment where an idle one is left, so what was not seen again has
 * probably ended, but need not. Pauses around runs that could not show all environments are left out.
 *
 * @param runs in the order in which they were fired
 * @returns `undefined` where no pause says anything
 */
export function lifetimeOf(runs: readonly ServedRun[]): Lifetime | undefined {
  const byPause = new Map<number, Survival>();
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    if (!previous || !isTelling(previous, run)) continue;
    const before = previous.environments.size;
    const later = runs.slice(index);
    const isSeenAgain = (id: string) => later.some(({ environments }) => environments.has(id));
    const after = [...previous.environments].filter(isSeenAgain).length;
    const known = byPause.get(run.pauseMs) ?? { pauseMs: run.pauseMs, before: 0, after: 0 };
    const { pauseMs } = known;
    byPause.set(pauseMs, { pauseMs, before: known.before + before, after: known.after + after });
  }
  const survivals = [...byPause.values()].sort((one, other) => one.pauseMs - other.pauseMs);
  if (survivals.length === 0) return undefined;
  return { survivals, estimate: estimateOf(survivals) };
}

/**
 * What runs showed of their environments. Models that keep their environments are left out: an
 * environment that is not seen again there was merely not chosen. So are runs of several runners: while
 * one of them paused, another may have fired.
 */
export function servedRuns(
  runs: readonly { line: RunLine; requests: readonly Evidence[] }[],
): ServedRun[] {
  if (!isOfOneRunner(runs.flatMap(({ requests }) => requests))) return [];
  return runs.flatMap(({ line, requests }) => {
    const { model = ON_DEMAND } = line.target;
    const stage = line.plan.stages[line.index];
    if (model !== ON_DEMAND || !stage) return [];
    const named = requests.flatMap(({ report }) => report?.environment ?? []);
    const isComplete = named.length === stage.requests;
    const { pauseMs } = stage;
    return { pauseMs, burst: burstOf(stage), isComplete, environments: new Set(named) };
  });
}

function isTelling(previous: ServedRun, run: ServedRun): boolean {
  const isSeen = previous.isComplete && run.isComplete;
  return run.pauseMs > 0 && isSeen && run.burst >= previous.environments.size;
}

function estimateOf(survivals: readonly Survival[]): LifetimeEstimate {
  const outlived = survivals.filter(({ before, after }) => after === before);
  const ended = survivals.filter(({ after }) => after === 0);
  const above = outlived.at(-1)?.pauseMs;
  const below = ended[0]?.pauseMs;
  const isSharp = outlived.length + ended.length === survivals.length;
  if (isSharp && (above ?? 0) < (below ?? Number.POSITIVE_INFINITY)) {
    return {
      kind: "timeout",
      ...(above !== undefined && { aboveMs: above }),
      ...(below !== undefined && { belowMs: below }),
    };
  }
  const halfLifeMs = halfLifeOf(survivals);
  return halfLifeMs === undefined ? { kind: "unexplained" } : { kind: "half-life", halfLifeMs };
}

/**
 * The half-life that explains the survivors best, by maximum likelihood, if an exponential decay
 * explains them at all: it is refused where chance, every environment ending for itself, would
 * deviate that much in less than one of twenty cases.
 *
 * @param survivals of two pauses or more, with some survivors and some that ended
 * @returns milliseconds, or `undefined` where nothing fits
 */
function halfLifeOf(survivals: readonly Survival[]): number | undefined {
  if (survivals.length < 2) return undefined;
  const rate = likeliestRate(survivals);
  const deviance = survivals.reduce((sum, survival) => sum + devianceOf(survival, rate), 0);
  return deviance <= upper95(survivals.length - 1) ? Math.LN2 / rate : undefined;
}

/** Where the likelihood's slope by the rate, which falls all the way, is zero. Per millisecond. */
function likeliestRate(survivals: readonly Survival[]): number {
  const slope = (rate: number) =>
    survivals.reduce((sum, { pauseMs, before, after }) => {
      return sum + pauseMs * ((before - after) / Math.expm1(rate * pauseMs) - after);
    }, 0);
  const pauses = survivals.map(({ pauseMs }) => pauseMs);
  let low = 1e-9 / Math.max(...pauses);
  let high = 50 / Math.min(...pauses);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return low;
}

/** Twice the logarithm of how much likelier the count is by its own share than by the decay. */
function devianceOf({ pauseMs, before, after }: Survival, rate: number): number {
  const share = Math.exp(-rate * pauseMs);
  const term = (count: number, expected: number) =>
    count === 0 ? 0 : count * Math.log(count / expected);
  return 2 * (term(after, before * share) + term(before - after, before * (1 - share)));
}

/** What chi-square exceeds in one of twenty cases, as Wilson and Hilferty approximate it. */
function upper95(degreesOfFreedom: number): number {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + 1.645 * Math.sqrt(spread)) ** 3;
}
