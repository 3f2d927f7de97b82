/** What a deployment costs, used and unused, at list price and without the free tier. */

import { type Architecture, type Pricing, priceOf } from "./price-list.ts";

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

/** What a request is charged for beside its hold, for want of a measurement. */
const BESIDE_HOLD = {
  /** Of a warm invocation, rounded up; a cold start on demand is charged with about 130 more. */
  durationMs: 50,
  /** The handler's lines for five steps, and the service's own. */
  logBytes: 2_500,
} as const;

/**
 * Requests, their duration and their log, in US dollars. As many as there are provisioned
 * environments are charged at the price of those, and what is in flight beyond them as on demand.
 * What provisioned concurrency costs whether it is used or not is not part of it.
 */
export function loadCostUsd(billed: Billed, { requests, atOnce, holdMs }: Load): number {
  const { provisionedConcurrency: kept, memoryMb } = billed;
  const onDemand = priceOf({ ...billed, isProvisioned: false });
  const provisioned = priceOf({ ...billed, isProvisioned: true });
  const share = kept === "none" ? 0 : Math.min(1, kept / Math.max(1, atOnce));
  const load = { requests, memoryMb, durationMs: holdMs + BESIDE_HOLD.durationMs };
  return (
    share * invocationCostUsd(provisioned, load) +
    (1 - share) * invocationCostUsd(onDemand, load) +
    logCostUsd(onDemand, requests * BESIDE_HOLD.logBytes)
  );
}

/**
 * What provisioned concurrency costs an hour, used or not, in US dollars; 0 on demand. AWS charges
 * it in steps of five minutes.
 */
export function idleCostUsdPerHour(billed: Billed): number {
  const { provisionedConcurrency: kept, memoryMb } = billed;
  if (kept === "none") return 0;
  const { idleGbSecondUsd } = priceOf({ ...billed, isProvisioned: true });
  return kept * (memoryMb / 1_024) * 3_600 * idleGbSecondUsd;
}

/** `$1.20`, `$0.0031`: cents from a dollar on, two significant digits below. */
export function usdText(usd: number): string {
  if (usd >= 1) return `$${usd.toFixed(2)}`;
  return `$${Number(usd.toPrecision(2)).toFixed(decimalsOf(usd))}`;
}

function decimalsOf(usd: number): number {
  return Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(usd || 1))));
}

/** Without the time that a new environment takes to initialize, which is charged as well. */
function invocationCostUsd(
  price: Pricing,
  load: { requests: number; memoryMb: number; durationMs: number },
): number {
  const { requests, memoryMb, durationMs } = load;
  const gbSeconds = (memoryMb / 1_024) * (durationMs / 1_000);
  return requests * (gbSeconds * price.gbSecondUsd + price.requestUsd);
}

/** What it costs to write so many bytes to CloudWatch Logs. */
function logCostUsd(price: Pricing, bytes: number): number {
  return (bytes / 2 ** 30) * price.logGbUsd;
}
