/** What is known before a plan is fired: whether it can work, and what it costs. */

import { ExperimentError } from "./core/errors.ts";
import type { Plan } from "./core/plan/plan.ts";
import type { Cost, Target } from "./core/target.ts";
import { CONFIRM_FROM_USD } from "./targets/cost.ts";

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
 */
export async function preflight(plan: Plan, target: Target): Promise<Preflight> {
  const [obstacle] = await target.obstacles(plan);
  const cost = target.cost?.(plan);
  return { obstacle, cost, needsConsent: cost !== undefined && cost.usd >= CONFIRM_FROM_USD };
}

/**
 * @param complaint what is said before the reason
 * @throws ExperimentError when the plan cannot work at the target
 */
export function ensurePossible(
  { obstacle }: Preflight,
  complaint = "This plan cannot work here.",
): void {
  if (obstacle === undefined) return;
  throw new ExperimentError(`${complaint} ${obstacle}`, "Change the plan.");
}
