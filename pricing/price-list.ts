/**
 * What Lambda charges for what this project deploys, at list price and in US dollars.
 *
 * The figures are those of September 2026, of the first tier, from
 * https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/. The free
 * tier, savings plans, taxes and data transfer are not counted.
 */

export type Architecture = "arm64" | "x86_64";

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

/** A GB written to CloudWatch Logs in us-east-1, for the first 10 TB; others charge up to twice that. */
export const LOG_GB_USD = 0.5;

/** Where EC2 lists what every type of instance costs. */
export const INSTANCE_PRICES = "https://aws.amazon.com/ec2/pricing/on-demand/";

/** What Lambda charges for running managed instances, in percent of their price. */
export const MANAGEMENT_FEE_PERCENT = 15;

/** The list prices that apply to a function. */
export function priceOf({
  region,
  architecture,
}: {
  region: string;
  architecture: Architecture;
}): Pricing {
  const own = REGIONS[region];
  const price = { ...ORDINARY, ...own };
  return {
    regionClass: own?.request === undefined ? "ordinary" : "dearer",
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
