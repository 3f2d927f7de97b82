/** What a deployment tells the runner: the output `targets`, which has one entry for each model. */

import type { Model } from "./models.ts";

export type Architecture = "arm64" | "x86_64";

interface EveryTarget {
  url: string;
  authorization: "AWS_IAM" | "NONE";
  functionName: string;
  region: string;
  logGroupName: string;
  /** Of the code and of what settles sharing: evidence of the same one may be pooled. */
  deployment: string;
  maxHoldMs: number;
  generation: number;
}

interface OnDemandTarget extends EveryTarget {
  model: "on-demand";
  memoryMb: number;
  architecture: Architecture;
  reservedConcurrency: number | "none";
  provisionedConcurrency: number | "none";
}

interface ManagedInstancesTarget extends EveryTarget {
  model: "managed-instances";
  instanceType: string;
  minEnvironments: number;
  maxEnvironments: number;
  workers: number;
  /** Of one environment. */
  maxConcurrency: number;
  /** Since when the instances are charged, as an ISO date. */
  runningSince: string;
  /** What they cost an hour, used or not, in US dollars; absent where the rate is not known. */
  usdPerHour?: number | undefined;
}

interface WebFunctionTarget extends EveryTarget {
  model: "web-function";
  maxEnvironments: number;
  /** Of one environment. */
  maxConcurrency: number;
}

/** A function that a stack has deployed, with the model that it runs by. */
export type DeployedTarget = OnDemandTarget | ManagedInstancesTarget | WebFunctionTarget;
/** The same, of one model. */
export type Deployed<M extends Model> = Extract<DeployedTarget, { model: M }>;
