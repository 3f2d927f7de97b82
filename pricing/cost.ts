/** What a deployment costs, used and unused, at list price and without the free tier. */

import { type Architecture, LOG_GB_USD, priceOf } from "./price-list.ts";

/** What the price of a function depends on. */
export interface Billed {
  region: string;
  architecture: Architecture;
  memoryMb: number;
  /** How many environments are kept, or `none`. */
  provisionedConcurrency: number | "none";
}

/** Requests that are held by the handler. */
export interface Load {
  requests: number;
  /** How many of them are in flight at once. */
  atOnce: number;
  /** How long each is held, in milliseconds. */
  holdMs: number;
}

/**
 * What a request is charged for beside its hold, for want of a measurement: a warm invocation's
 * milliseconds, rounded up. A cold start on demand is charged with about 130 more, which is not
 * counted.
 */
const BESIDE_HOLD_MS = 50;
/** The handler's lines for five steps, and the service's own. */
const LOG_BYTES = 2_500;
/** What they cost, in US dollars. */
const LOG_USD = (LOG_BYTES / 2 ** 30) * LOG_GB_USD;

/**
 * Requests, their duration and their log, in US dollars. As many as there are provisioned
 * environments are charged at the price of those, and what is in flight beyond them as on demand.
 * What provisioned concurrency costs whether it is used or not is not part of it.
 */
export function loadCostUsd(billed: Billed, { requests, atOnce, holdMs }: Load): number {
  const { provisionedConcurrency: kept } = billed;
  const price = priceOf(billed);
  const share = kept === "none" ? 0 : Math.min(1, kept / Math.max(1, atOnce));
  const gbSecondUsd = share * price.provisionedGbSecondUsd + (1 - share) * price.gbSecondUsd;
  const gbSeconds = (billed.memoryMb / 1_024) * ((holdMs + BESIDE_HOLD_MS) / 1_000);
  return requests * (gbSeconds * gbSecondUsd + price.requestUsd + LOG_USD);
}

/**
 * Requests and their log alone, in US dollars, where the instances that serve them are billed by the
 * hour: https://aws.amazon.com/lambda/pricing/ (Managed Instances, read in November 2026).
 */
export function requestsCostUsd(region: string, requests: number): number {
  // What a request costs does not depend on the architecture.
  const { requestUsd } = priceOf({ region, architecture: "arm64" });
  return requests * (requestUsd + LOG_USD);
}

/**
 * What provisioned concurrency costs an hour, used or not, in US dollars; 0 on demand. AWS charges
 * it in steps of five minutes.
 */
export function idleCostUsdPerHour(billed: Billed): number {
  const { provisionedConcurrency: kept, memoryMb } = billed;
  if (kept === "none") return 0;
  return kept * (memoryMb / 1_024) * 3_600 * priceOf(billed).idleGbSecondUsd;
}

/** `$1.20`, `$0.0031`: cents from a dollar on, two significant digits below. */
export function usdText(usd: number): string {
  if (usd >= 1) return `$${usd.toFixed(2)}`;
  const decimals = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(usd || 1))));
  return `$${Number(usd.toPrecision(2)).toFixed(decimals)}`;
}
