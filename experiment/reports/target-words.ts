/** Plans and targets in few words. */

import { formatDuration } from "../core/plan/duration.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { TargetDescription } from "../core/target.ts";
import { inWords, plural } from "./numbers.ts";

/** Such as `5 requests, 5 at once, held 5 s, 2 runs`; of stages that differ, the first one's. */
export function planWords({ stages, holdMs }: Plan): string {
  const [stage] = stages;
  if (!stage) return "";
  const runs = stages.length > 1 ? `, ${inWords(stages.length)} runs` : "";
  const atOnce = inWords(Math.min(stage.concurrency, stage.requests));
  return `${plural(stage.requests, "request")}, ${atOnce} at once, held ${formatDuration(holdMs)}${runs}`;
}

/** Such as `embedded Lambda, on-demand` or `stack dev, eu-west-1`. */
export function targetWords({ kind, model, stack, region, url }: TargetDescription): string {
  if (kind === "url") return url;
  if (kind === "local") return ["embedded Lambda", model].filter(Boolean).join(", ");
  return [`stack ${stack ?? ""}`.trim(), model, region].filter(Boolean).join(", ");
}

/** `5 ok, 2 throttled`. */
export function outcomesWords(outcomes: Partial<Record<string, number>>): string {
  return Object.entries(outcomes)
    .map(([outcome, count = 0]) => `${inWords(count)} ${outcome}`)
    .join(", ");
}

/** A moment of the record, to the minute: `2026-11-23 21:47 UTC`. */
export function utcTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
