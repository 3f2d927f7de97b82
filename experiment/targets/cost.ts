/** What a plan costs at a stack, at list price. */

import { type Billed, loadCostUsd } from "../../pricing/cost.ts";
import { priceOf } from "../../pricing/price-list.ts";
import { burstOf, type Plan } from "../core/plan/plan.ts";
import type { Cost } from "../core/target.ts";

/** From this on, in US dollars, nobody fires without having been asked. */
export const CONFIRM_FROM_USD = 1;

/** All stages together; what the stack costs while nobody uses it is no cost of the plan. */
export function planCost({ stages, holdMs }: Plan, billed: Billed): Cost {
  const { region, architecture, memoryMb } = billed;
  const { regionClass } = priceOf(billed);
  const costs = stages.map((stage) =>
    loadCostUsd(billed, { requests: stage.requests, atOnce: burstOf(stage), holdMs }),
  );
  return {
    usd: costs.reduce((sum, cost) => sum + cost, 0),
    basis: `${memoryMb} MB ${architecture} in ${region}, a region of the ${regionClass} price class`,
  };
}
