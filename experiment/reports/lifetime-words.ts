/** How long idle environments lived, in words. */

import { formatDuration } from "../core/plan/duration.ts";
import {
  type Lifetime,
  type LifetimeEstimate,
  lifetimeOf,
  servedRuns,
} from "../core/verdict/lifetime.ts";
import { inWords, plural } from "./numbers.ts";
import type { RecordedRun } from "./recorded-experiment.ts";

/** Pauses that are told one by one. */
const MOST_TOLD = 8;

/** One sentence: what was seen again after each pause, and what that says of idle environments. */
export function lifetimeWords({ survivals, estimate }: Lifetime): string {
  const told = survivals.slice(0, MOST_TOLD).map(({ pauseMs, before, after }) => {
    return `${inWords(after)} of ${inWords(before)} after ${formatDuration(pauseMs)}`;
  });
  const untold = survivals.length - told.length;
  const rest = untold > 0 ? [`and so on for ${plural(untold, "more pause")}`] : [];
  const seen = [...told, ...rest].join(", ");
  return `Environments seen again: ${seen}; ${estimateWords(estimate)}.`;
}

/** The same of a series; `undefined` where no pause says anything. */
export function seriesLifetimeWords({
  runs,
}: {
  runs: readonly Pick<RecordedRun, "line" | "requests">[];
}): string | undefined {
  const lifetime = lifetimeOf(servedRuns(runs));
  return lifetime && lifetimeWords(lifetime);
}

function estimateWords(estimate: LifetimeEstimate): string {
  switch (estimate.kind) {
    case "half-life":
      return `half of the idle ones end every ${formatDuration(rounded(estimate.halfLifeMs))} or so`;
    case "timeout":
      return timeoutWords(estimate);
    case "unexplained":
      return "neither one timeout nor one half-life explains that";
  }
}

function timeoutWords({ aboveMs, belowMs }: { aboveMs?: number; belowMs?: number }): string {
  if (belowMs === undefined) return `idle ones live longer than ${formatDuration(aboveMs ?? 0)}`;
  if (aboveMs === undefined) return `idle ones end within ${formatDuration(belowMs)}`;
  return `idle ones end between ${formatDuration(aboveMs)} and ${formatDuration(belowMs)}`;
}

/** To two digits: what is estimated from a handful of environments has no more. */
function rounded(ms: number): number {
  return Number(ms.toPrecision(2));
}
