/** What the concurrency model of an embedded Lambda means for the experiment that fires at it. */

import { inWords, plural } from "../../basics/counts.ts";
import { deploymentHash } from "../../basics/models.ts";
import { HOLD_LIMITS_MS } from "../../handler/contract.ts";
import {
  capacityOf,
  type FunctionConfiguration,
} from "../../local-lambda/function-configuration.ts";
import type { ErrorFacts } from "../core/errors.ts";
import { burstOf, type Plan, type Stage } from "../core/plan/plan.ts";
import { hasFiles, lackOfFiles, lackOfMemory, largestBurst } from "./resources.ts";

/** Memory of one environment that it shares with no other, and of a worker thread in it, in MB. */
const ENVIRONMENT_MB = 14;
const WORKER_MB = 13;
/** Per environment: two pipes, its Runtime API and two connections to it, and the request's own. */
const FILES_PER_ENVIRONMENT = 6;
/** What one start and one more beside it cost on a small machine, in milliseconds. */
const COLD_START_MS = 10_000;
const FURTHER_COLD_START_MS = 80;

/** How many environments a burst meets: those there are, or one for each request. */
function environmentsFor(burst: number, configuration: FunctionConfiguration): number {
  switch (configuration.model) {
    case "on-demand":
      return Math.min(burst, configuration.concurrencyLimit);
    case "managed-instances":
      return configuration.environments;
    case "web-function":
      return 1;
  }
}

/**
 * How long a request may take beyond its hold, in milliseconds: on-demand the start of an environment
 * for each, else of those there are, which a crash may have ended. A request in a Web Function's
 * queue waits as long as another request's hold.
 */
export function localAllowanceMs(stage: Stage, configuration: FunctionConfiguration): number {
  const burst = burstOf(stage);
  const environments = environmentsFor(burst, configuration);
  const queues = configuration.model === "web-function" && burst > configuration.maxConcurrency;
  return COLD_START_MS + environments * FURTHER_COLD_START_MS + (queues ? HOLD_LIMITS_MS.max : 0);
}

/** What the environments that are started beforehand lack, if anything. */
export function localLackBeforehand(
  configuration: FunctionConfiguration,
): ErrorFacts["embedded Lambda too large"] | undefined {
  const { model, environments, workers } = configuration;
  if (model !== "managed-instances") return undefined;
  const files = managedFiles(configuration);
  const memoryMb = environments * (ENVIRONMENT_MB + workers * WORKER_MB);
  const what = `${plural(environments, "environment")} of ${plural(workers, "worker thread")} each`;
  if (!hasFiles(files)) return { what, needs: `${inWords(files)} open files` };
  if (lackOfMemory(memoryMb, what) === undefined) return undefined;
  return { what, needs: `about ${inWords(memoryMb)} MB` };
}

/** Why a plan cannot be fired at it, one sentence each. */
export function localObstacles(plan: Plan, configuration: FunctionConfiguration): string[] {
  const burst = largestBurst(plan);
  const environments = environmentsFor(burst, configuration);
  const isManaged = configuration.model === "managed-instances";
  const what = `Starting ${plural(environments, "environment")} on this machine`;
  return [
    lackOfFiles(burst, (size) => filesFor(size, configuration), "The embedded Lambda"),
    // Those of Managed Instances run already.
    isManaged ? undefined : lackOfMemory(environments * ENVIRONMENT_MB, what),
  ].filter((lack) => lack !== undefined);
}

/** What a plan will meet there: throttling, when more requests come at once than it takes. */
export function localCautions(plan: Plan, configuration: FunctionConfiguration): string[] {
  const burst = largestBurst(plan);
  const capacity = capacityOf(configuration);
  if (burst <= capacity) return [];
  return [
    `The embedded Lambda takes ${plural(capacity, "request")} at once: ` +
      `at least ${inWords(burst - capacity)} of ${inWords(burst)} will be throttled.`,
  ];
}

/** Identifies code and configuration; an on-demand function's is its code, since nothing else matters. */
export function localDeployment(codeSha256: string, configuration: FunctionConfiguration): string {
  const { model, environments, workers, maxConcurrency } = configuration;
  if (model === "on-demand") return codeSha256;
  const size =
    model === "web-function" ? [maxConcurrency] : [environments, workers, maxConcurrency];
  return deploymentHash(codeSha256, model, size);
}

/** A connection for each request, and what the embedded Lambda opens to serve them. */
function filesFor(burst: number, configuration: FunctionConfiguration): number {
  switch (configuration.model) {
    case "on-demand":
      return burst + environmentsFor(burst, configuration) * FILES_PER_ENVIRONMENT;
    case "managed-instances":
      return burst + managedFiles(configuration);
    case "web-function":
      // Requests are sent on over connections of their own.
      return burst + Math.min(burst, configuration.maxConcurrency) + FILES_PER_ENVIRONMENT;
  }
}

/** Two pipes and the Runtime API of each environment, and two connections of each worker thread. */
function managedFiles({ environments, workers }: FunctionConfiguration): number {
  return environments * (3 + 2 * workers);
}
