/** What is known before a plan is fired: whether it can work, and what it costs. */

import { inWords } from "../basics/counts.ts";
import { ExperimentError } from "./core/errors.ts";
import { type Part, shareOf, WHOLE } from "./core/plan/parts.ts";
import { burstOf, MOST_OF_RUNNER, type Plan } from "./core/plan/plan.ts";
import { CONFIRM_FROM_USD, type Cost, type Target } from "./core/target.ts";

export interface Preflight {
  /** Why the plan cannot work at the target. */
  obstacle?: string | undefined;
  /** What firing costs; absent where nothing is billed. */
  cost?: Cost | undefined;
  /** Whether it costs so much that nothing is fired unasked. */
  needsConsent: boolean;
}

/**
 * Asks a target what speaks against a plan, and what it costs. Its cautions are not among this: asking
 * for them may take a call of AWS, which firing need not wait for.
 *
 * @param part that this runner fires of it; the cost is that of all
 */
export async function preflight(plan: Plan, target: Target, part?: Part): Promise<Preflight> {
  const [obstacle] = [...lackOfRunners(plan, part), ...(await target.obstacles(plan, part))];
  const cost = target.cost?.(plan);
  return { obstacle, cost, needsConsent: needsConsent(cost) };
}

/** Why one runner cannot fire so many at once. */
function lackOfRunners({ stages }: Plan, part = WHOLE): string[] {
  const most = stages.reduce((all, stage) => Math.max(all, shareOf(burstOf(stage), part)), 0);
  if (most <= MOST_OF_RUNNER) return [];
  return [
    `One runner fires ${inWords(MOST_OF_RUNNER)} requests at once at most, and this would be ${inWords(most)}: ` +
      "several can fire a part each (docs/more-machines.md).",
  ];
}

/** What is not known cannot be compared: it is said, and nobody is asked. */
export function needsConsent(cost: Cost | undefined): boolean {
  return cost?.usd !== undefined && cost.usd >= CONFIRM_FROM_USD;
}

/**
 * @param kind of the error, where the plan is not the experiment's own
 * @throws ExperimentError when the plan cannot work at the target
 */
export function ensurePossible(
  { obstacle }: Preflight,
  kind: "plan impossible" | "control impossible" = "plan impossible",
): void {
  if (obstacle !== undefined) throw new ExperimentError(kind, { obstacle });
}
