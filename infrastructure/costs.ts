/** What a deployment costs, for the stack's README. */
import { DEFAULT_HOLD_MS } from "../handler/contract.ts";
import { loadCostUsd } from "../pricing/cost.ts";
import { priceOf } from "../pricing/price-list.ts";
import type { Configuration } from "./configuration.ts";

/** The reference experiment: two bursts of five requests. */
const REQUESTS = 10;
const AT_ONCE = 5;

/** What the reference experiment costs at a deployment. */
export interface ReferenceCost {
  requests: number;
  /** How long each is held, in milliseconds: the reference's five seconds, or less where it must. */
  holdMs: number;
  usd: number;
  /** Of that region; see the list of prices. */
  regionClass: "ordinary" | "dearer";
}

export function referenceCost(configuration: Configuration, region: string): ReferenceCost {
  const { architecture, maxHoldMs } = configuration;
  const holdMs = Math.min(DEFAULT_HOLD_MS, maxHoldMs);
  const { regionClass } = priceOf({ region, architecture, isProvisioned: false });
  const load = { requests: REQUESTS, atOnce: AT_ONCE, holdMs };
  const usd = loadCostUsd({ ...configuration, region }, load);
  return { requests: REQUESTS, holdMs, usd, regionClass };
}
