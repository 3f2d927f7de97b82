/** Plans and targets in few words. */

import { printable } from "../../basics/printable.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { burstOf, type Plan, requestsOf } from "../core/plan/plan.ts";
import { type Conclusion, OUTCOMES } from "../core/record-lines.ts";
import type { TargetDescription } from "../core/target.ts";
import { inWords, plural, range } from "./numbers.ts";

/**
 * All that a plan fires: `2 runs of 5 requests, 5 at once, held 5 s`. Where stages differ it is
 * `31 requests in 5 runs, 1 to 16 at once, held 200 ms`.
 */
export function planWords(plan: Plan): string {
  return planParts(plan).join(", ");
}

/** The same in parts, the most important first: some are left out where there is little room. */
export function planParts(plan: Plan): [volume: string, atOnce: string, ...string[]] {
  const { stages, holdMs } = plan;
  return [
    volumeWords(plan),
    `${range(stages.map(burstOf), inWords)} at once`,
    ...pauseWords(plan),
    `held ${formatDuration(holdMs)}`,
  ];
}

function volumeWords(plan: Plan): string {
  const { stages } = plan;
  const [first] = stages;
  const all = plural(requestsOf(plan), "request");
  if (stages.length === 1) return all;
  const runs = plural(stages.length, "run");
  const isEqual = stages.every(({ requests }) => requests === first?.requests);
  return isEqual && first ? `${runs} of ${plural(first.requests, "request")}` : `${all} in ${runs}`;
}

/** Where nothing is waited for before the first run, the pauses are those between runs. */
function pauseWords({ stages }: Plan): string[] {
  const pauses = stages.map(({ pauseMs }) => pauseMs);
  const waited = pauses[0] === 0 ? pauses.slice(1) : pauses;
  if (!waited.some((ms) => ms > 0)) return [];
  return [`${waited.length === 1 ? "a pause" : "pauses"} of ${range(waited, formatDuration)}`];
}

/** Such as `embedded Lambda, on-demand` or `stack dev, eu-west-1`. */
export function targetWords({ kind, model, stack, region, url }: TargetDescription): string {
  if (kind === "url") return url;
  if (kind === "local") return ["embedded Lambda", model].filter(Boolean).join(", ");
  return [`stack ${stack ?? ""}`.trim(), model, region].filter(Boolean).join(", ");
}

/** What is fired, and where: one line for a terminal. */
export function firedWords(plan: Plan, target: TargetDescription): string {
  return `${planWords(plan)} · ${printable(targetWords(target))}`;
}

/** `5 ok, 2 throttled`. */
export function outcomesWords(outcomes: Conclusion["outcomes"]): string {
  return OUTCOMES.flatMap((outcome) => {
    const count = outcomes[outcome];
    return count === undefined ? [] : `${inWords(count)} ${outcome}`;
  }).join(", ");
}

/** A moment of the record, to the minute: `2026-11-23 21:47 UTC`. */
export function utcTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
