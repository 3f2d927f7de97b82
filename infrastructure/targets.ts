/** What a deployment tells the runner: the output `targets`, which has one entry for each model. */
import type { Architecture } from "../pricing/cost.ts";
import type { Configuration } from "./configuration.ts";

interface EveryTarget {
  url: string;
  authorization: Configuration["urlAuthorization"];
  functionName: string;
  region: string;
  logGroupName: string;
  /** Of the code and of what settles sharing: evidence of the same one may be pooled. */
  deployment: string;
  maxHoldMs: number;
  generation: number;
}

export interface OnDemandTarget extends EveryTarget {
  model: "on-demand";
  memoryMb: number;
  architecture: Architecture;
  reservedConcurrency: number | "none";
  provisionedConcurrency: number | "none";
}

export interface ManagedInstancesTarget extends EveryTarget {
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
  usdPerHour?: number;
}

export interface WebFunctionTarget extends EveryTarget {
  model: "web-function";
  maxEnvironments: number;
  /** Of one environment. */
  maxConcurrency: number;
}

export type DeployedTarget = OnDemandTarget | ManagedInstancesTarget | WebFunctionTarget;
