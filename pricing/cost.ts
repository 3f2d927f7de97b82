/**
 * What Lambda charges for what this project deploys: its prices, and what a function costs by them, used
 * and unused, at list price and in US dollars.
 *
 * The figures are those of September 2026, of the first tier, from
 * https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/. The free
 * tier, savings plans, taxes and data transfer are not counted.
 */

import type { Architecture } from "../basics/deployed-targets.ts";

/** US dollars per million: of GB-seconds on demand by architecture, and of requests. */
interface Price extends Record<Architecture, number> {
  request: number;
  /** Of GB-seconds of provisioned concurrency on x86_64, used or not. */
  idle: number;
  /** Of GB-seconds of invocations there; they are charged beside the idle ones. */
  busy: number;
}

const ORDINARY: Price = {
  x86_64: 16.6667,
  arm64: 13.3334,
  request: 0.2,
  idle: 4.1667,
  busy: 9.7222,
};

/**
 * What differs from the ordinary price. Provisioned concurrency has prices of its own, also where
 * invocations on demand cost the same. A region that is not named is taken as ordinary: that is
 * known of the larger ones, and assumed of the newest, of those that are cheaper and of China, which
 * is charged in yuan.
 */
const REGIONS: Record<string, Partial<Price>> = {
  "af-south-1": { x86_64: 22.1, arm64: 17.68, request: 0.27, idle: 5.53, busy: 12.9 },
  "ap-east-1": { x86_64: 22.92, arm64: 18.3, request: 0.28, idle: 5.7153, busy: 13.3358 },
  "ap-northeast-1": { idle: 5.3835, busy: 12.5615 },
  "ap-northeast-2": { idle: 5.1254, busy: 11.9592 },
  "ap-northeast-3": { idle: 5.3835, busy: 12.5615 },
  "ap-south-1": { idle: 4.4985, busy: 10.4966 },
  "ap-southeast-1": { idle: 5.1991, busy: 12.1313 },
  "ap-southeast-2": { idle: 5.236, busy: 12.2173 },
  "ap-southeast-4": { idle: 5.236, busy: 12.2173 },
  "ca-central-1": { idle: 4.646, busy: 10.8407 },
  "eu-central-1": { idle: 5.0147, busy: 11.7011 },
  "eu-central-2": { x86_64: 18.3334, arm64: 14.6667, request: 0.22, idle: 5.5162, busy: 12.8712 },
  "eu-north-1": { idle: 4.4248, busy: 10.3245 },
  "eu-south-1": { x86_64: 19.5172, arm64: 15.6138, request: 0.23, idle: 4.8783, busy: 11.3827 },
  "eu-west-1": { idle: 4.646, busy: 10.8407 },
  "eu-west-2": { idle: 4.8304, busy: 11.2709 },
  "eu-west-3": { idle: 4.8673, busy: 11.3569 },
  "il-central-1": { x86_64: 17.5, arm64: 14, request: 0.21 },
  "me-central-1": { x86_64: 20.6667, arm64: 16.5334, request: 0.25, idle: 5.1108, busy: 11.9251 },
  "me-south-1": { x86_64: 20.6667, arm64: 16.5334, request: 0.25, idle: 5.1108, busy: 11.9251 },
  "sa-east-1": { idle: 6.6372, busy: 15.4867 },
  "us-west-1": { idle: 4.9041, busy: 11.443 },
};

/** The prices of one function in one region, in US dollars. */
export interface Pricing {
  /** `dearer` regions charge more per GB-second and request than the `ordinary` rest of the world. */
  regionClass: "ordinary" | "dearer";
  requestUsd: number;
  /** Of an invocation on demand. */
  gbSecondUsd: number;
  /** Of an invocation in a provisioned environment. */
  provisionedGbSecondUsd: number;
  /** Of a provisioned environment from its start to its end, used or not. */
  idleGbSecondUsd: number;
}

/** Where EC2 lists what every type of instance costs. */
export const INSTANCE_PRICES = "https://aws.amazon.com/ec2/pricing/on-demand/";

/** What Lambda charges for running managed instances, in percent of their price. */
export const MANAGEMENT_FEE_PERCENT = 15;

function priceIn(region: string): Price {
  return { ...ORDINARY, ...REGIONS[region] };
}

/** The list prices that apply to a function. */
export function priceOf({
  region,
  architecture,
}: {
  region: string;
  architecture: Architecture;
}): Pricing {
  const price = priceIn(region);
  return {
    regionClass: REGIONS[region]?.request === undefined ? "ordinary" : "dearer",
    requestUsd: price.request / 1e6,
    gbSecondUsd: price[architecture] / 1e6,
    provisionedGbSecondUsd: provisioned(price.busy, architecture),
    idleGbSecondUsd: provisioned(price.idle, architecture),
  };
}

/** On arm64, four fifths of x86_64's price, to the ten places that AWS lists. */
function provisioned(perMillion: number, architecture: Architecture): number {
  const usd = perMillion / 1e6;
  return architecture === "arm64" ? Number((usd * 0.8).toFixed(10)) : usd;
}

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
/** A GB written to CloudWatch Logs in us-east-1, for the first 10 TB; others charge up to twice that. */
const LOG_GB_USD = 0.5;
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
  return requests * (priceIn(region).request / 1e6 + LOG_USD);
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
