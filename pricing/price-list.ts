/**
 * What Lambda charges for what this project deploys, at list price and in US dollars.
 *
 * The figures are those of September 2026, of the first tier, from
 * https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/. The free
 * tier, savings plans, taxes and data transfer are not counted. A region that is not named here is
 * taken as one of the ordinary class, on demand and provisioned: that is known of the larger ones,
 * and assumed of the newest, of those that are cheaper and of China, which is charged in yuan.
 */

export type Architecture = "arm64" | "x86_64";

/** The prices of one function in one region. */
export interface Pricing {
  /** `dearer` regions charge more per GB-second and request than the `ordinary` rest of the world. */
  regionClass: "ordinary" | "dearer";
  isProvisioned: boolean;
  /** Of an invocation's duration. */
  gbSecondUsd: number;
  requestUsd: number;
  /** Of provisioned concurrency from its start to its end, used or not; 0 on demand. */
  idleGbSecondUsd: number;
  /** Of what is written to CloudWatch Logs, in us-east-1; other regions charge up to twice that. */
  logGbUsd: number;
}

/** Per GB-second, by architecture, and per request. */
interface OnDemandPrice extends Record<Architecture, number> {
  request: number;
}

const ORDINARY: OnDemandPrice = { x86_64: 0.0000166667, arm64: 0.0000133334, request: 0.0000002 };

const DEARER: Record<string, OnDemandPrice> = {
  "af-south-1": { x86_64: 0.0000221, arm64: 0.00001768, request: 0.00000027 },
  "ap-east-1": { x86_64: 0.00002292, arm64: 0.0000183, request: 0.00000028 },
  "eu-central-2": { x86_64: 0.0000183334, arm64: 0.0000146667, request: 0.00000022 },
  "eu-south-1": { x86_64: 0.0000195172, arm64: 0.0000156138, request: 0.00000023 },
  "il-central-1": { x86_64: 0.0000175, arm64: 0.000014, request: 0.00000021 },
  "me-central-1": { x86_64: 0.0000206667, arm64: 0.0000165334, request: 0.00000025 },
  "me-south-1": { x86_64: 0.0000206667, arm64: 0.0000165334, request: 0.00000025 },
};

/** Of x86_64, per GB-second. */
interface ProvisionedPrice {
  idle: number;
  duration: number;
}

const PROVISIONED_ORDINARY: ProvisionedPrice = { idle: 0.0000041667, duration: 0.0000097222 };

/** Provisioned concurrency has prices of its own, also where invocations on demand cost the same. */
const PROVISIONED: Record<string, ProvisionedPrice> = {
  "af-south-1": { idle: 0.00000553, duration: 0.0000129 },
  "ap-east-1": { idle: 0.0000057153, duration: 0.0000133358 },
  "ap-northeast-1": { idle: 0.0000053835, duration: 0.0000125615 },
  "ap-northeast-2": { idle: 0.0000051254, duration: 0.0000119592 },
  "ap-northeast-3": { idle: 0.0000053835, duration: 0.0000125615 },
  "ap-south-1": { idle: 0.0000044985, duration: 0.0000104966 },
  "ap-southeast-1": { idle: 0.0000051991, duration: 0.0000121313 },
  "ap-southeast-2": { idle: 0.000005236, duration: 0.0000122173 },
  "ap-southeast-4": { idle: 0.000005236, duration: 0.0000122173 },
  "ca-central-1": { idle: 0.000004646, duration: 0.0000108407 },
  "eu-central-1": { idle: 0.0000050147, duration: 0.0000117011 },
  "eu-central-2": { idle: 0.0000055162, duration: 0.0000128712 },
  "eu-north-1": { idle: 0.0000044248, duration: 0.0000103245 },
  "eu-south-1": { idle: 0.0000048783, duration: 0.0000113827 },
  "eu-west-1": { idle: 0.000004646, duration: 0.0000108407 },
  "eu-west-2": { idle: 0.0000048304, duration: 0.0000112709 },
  "eu-west-3": { idle: 0.0000048673, duration: 0.0000113569 },
  "me-central-1": { idle: 0.0000051108, duration: 0.0000119251 },
  "me-south-1": { idle: 0.0000051108, duration: 0.0000119251 },
  "sa-east-1": { idle: 0.0000066372, duration: 0.0000154867 },
  "us-west-1": { idle: 0.0000049041, duration: 0.000011443 },
};

/** The first 10 TB of a month. */
const LOG_GB_USD = 0.5;

/**
 * The list prices that apply to a function.
 *
 * @param isProvisioned whether the invocations run on provisioned concurrency; those beyond it are
 * charged as on demand, and are to be priced apart
 */
export function priceOf(deployment: {
  region: string;
  architecture: Architecture;
  isProvisioned: boolean;
}): Pricing {
  const { region, architecture, isProvisioned } = deployment;
  const dearer = DEARER[region];
  const onDemand = dearer ?? ORDINARY;
  const provisioned = PROVISIONED[region] ?? PROVISIONED_ORDINARY;
  const ofArchitecture = (price: number) => (architecture === "arm64" ? fourFifths(price) : price);
  return {
    regionClass: dearer ? "dearer" : "ordinary",
    isProvisioned,
    gbSecondUsd: isProvisioned ? ofArchitecture(provisioned.duration) : onDemand[architecture],
    requestUsd: onDemand.request,
    idleGbSecondUsd: isProvisioned ? ofArchitecture(provisioned.idle) : 0,
    logGbUsd: LOG_GB_USD,
  };
}

/** What arm64 costs of x86_64's price where provisioned, to the ten places that AWS lists. */
function fourFifths(price: number): number {
  return Number((price * 0.8).toFixed(10));
}
