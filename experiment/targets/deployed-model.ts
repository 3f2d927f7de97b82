/** What the model of a deployed function means for the experiment that fires at it. */

import { inWords, plural } from "../../basics/counts.ts";
import type { Deployed, DeployedTarget } from "../../basics/deployed-targets.ts";
import type { Model } from "../../basics/models.ts";
import { pulumiCommand, pulumiUpWith } from "../../basics/printed-commands.ts";
import { type Billed, loadCostUsd, priceOf, requestsCostUsd, usdText } from "../../pricing/cost.ts";
import { burstOf, type Part, type Plan, requestsOf, type Stage } from "../core/plan/plan.ts";
import type { Cost, HourlyCost } from "../core/target.ts";
import { largestBurst, runnerObstacles } from "./resources.ts";
import type { Stack } from "./stack-outputs.ts";

/**
 * A function gets so many more environments within ten seconds, and what comes earlier is throttled.
 * https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
 */
const ENVIRONMENTS_PER_TEN_SECONDS = 1_000;

/** How long a cold start may take, and what each further one beside it adds, in milliseconds. */
const COLD_START_MS = 15_000;
const FURTHER_COLD_START_MS = 10_000 / ENVIRONMENTS_PER_TEN_SECONDS;

/**
 * How long a request may take beyond its hold, in milliseconds. The environments of Managed Instances
 * run already, but one may be replaced. A Web Function begins with few requests at once and lets the
 * others wait, for as long as another is held. A stage does not say how long that is, so the longest
 * hold that the deployment allows is added: a request in the queue is not given up too early, and one
 * that is lost takes that much longer to be.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
export function deployedAllowanceMs(stage: Stage, deployed: DeployedTarget): number {
  switch (deployed.model) {
    case "on-demand":
      return COLD_START_MS + burstOf(stage) * FURTHER_COLD_START_MS;
    case "managed-instances":
      return COLD_START_MS;
    case "web-function":
      return COLD_START_MS + (burstOf(stage) > 1 ? deployed.maxHoldMs : 0);
  }
}

/** Why a plan cannot be fired at it, one sentence each. */
export function deployedObstacles(
  plan: Plan,
  stack: string,
  deployed: DeployedTarget,
  part?: Part,
): string[] {
  const obstacles = runnerObstacles(plan, part);
  if (plan.holdMs > deployed.maxHoldMs) {
    obstacles.push(
      `The deployed function holds at most ${deployed.maxHoldMs / 1_000} s; ` +
        `raise it with "${pulumiUpWith(stack, { maxHoldMs: plan.holdMs })}".`,
    );
  }
  if (deployed.model === "on-demand" && deployed.reservedConcurrency === 0) {
    obstacles.push(
      "The function is shut off, since its reserved concurrency is 0; " +
        `open it with "${pulumiUpWith(stack, { reservedConcurrency: "none" })}".`,
    );
  }
  return obstacles;
}

/**
 * What a plan will meet, one sentence each; or may.
 *
 * @param askAccount how many executions the account has left, asked once, when it matters first;
 *   `undefined` when that cannot be known
 */
export function deployedCautions(
  deployed: DeployedTarget,
  askAccount: () => Promise<number | undefined>,
): (plan: Plan) => Promise<string[]> {
  switch (deployed.model) {
    case "on-demand":
      return throttlingCautions(deployed, askAccount);
    case "managed-instances":
      return async (plan) => [
        ...settlingCautions(largestBurst(plan), deployed),
        ...managedCautions(largestBurst(plan), deployed),
      ];
    case "web-function":
      return async (plan) => webCautions(largestBurst(plan), deployed);
  }
}

/**
 * Managed Instances begin with three environments. One operator measured that a minimum and maximum of
 * one were taken after 33 s, and that the two instances too many ended after about five minutes. Until
 * twice that is over nobody should conclude from a burst that was spread.
 */
const SETTLING_MS = 600_000;

function settlingCautions(
  burst: number,
  { runningSince }: Deployed<"managed-instances">,
): string[] {
  const isYoung = Date.now() - Date.parse(runningSince) < SETTLING_MS;
  if (burst <= 1 || !isYoung) return [];
  return [
    "A burst may be spread, and look isolated: in their first ten minutes Managed Instances may have " +
      "three environments.",
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html */
function managedCautions(burst: number, deployed: Deployed<"managed-instances">): string[] {
  const { minEnvironments, maxEnvironments, maxConcurrency } = deployed;
  const [running, most] = [minEnvironments * maxConcurrency, maxEnvironments * maxConcurrency];
  if (burst > most) {
    const whose = `The instances take ${plural(most, "request")} at once`;
    return above(burst, most, whose);
  }
  if (burst <= running) return [];
  return [
    `Beyond ${plural(running, "request")} at once more environments must start, which takes minutes: ` +
      "traffic that more than doubles within five minutes is throttled (429).",
  ];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html */
function webCautions(burst: number, deployed: Deployed<"web-function">): string[] {
  const { maxEnvironments, maxConcurrency } = deployed;
  const most = maxEnvironments * maxConcurrency;
  if (burst > most) {
    return [
      `The Web Function serves ${plural(most, "request")} at once: ` +
        `${inWords(burst - most)} of ${inWords(burst)} will wait or be throttled.`,
    ];
  }
  if (burst <= 1) return [];
  return [
    "A Web Function begins with few requests at once: a first burst may be queued, or spread over " +
      `${plural(maxEnvironments, "environment")}. A run before it, which warms them, helps.`,
  ];
}

/** What firing a plan costs, all stages together; what the stack costs while nobody fires is no part. */
export function deployedCost(plan: Plan, deployed: DeployedTarget): Cost {
  switch (deployed.model) {
    case "on-demand":
      return planCost(plan, deployed);
    case "managed-instances":
      return {
        usd: requestsCostUsd(deployed.region, requestsOf(plan)),
        basis: `the requests; the instances ${rateWords(deployed)} until they are destroyed, used or not`,
      };
    case "web-function":
      // https://aws.amazon.com/lambda/pricing/ draws the rates in the browser: read in November 2026.
      return { basis: "AWS publishes no rate of Web Functions in a form that can be read" };
  }
}

function rateWords({ usdPerHour }: Deployed<"managed-instances">): string {
  return usdPerHour === undefined
    ? "are billed by the hour"
    : `cost ${usdText(usdPerHour)} an hour`;
}

/** What the requests of a plan cost on demand. */
export function planCost({ stages, holdMs }: Plan, billed: Billed): Cost {
  const { region, architecture, memoryMb } = billed;
  const { regionClass } = priceOf({ region, architecture });
  const costs = stages.map((stage) =>
    loadCostUsd(billed, { requests: stage.requests, atOnce: burstOf(stage), holdMs }),
  );
  return {
    usd: costs.reduce((sum, cost) => sum + cost, 0),
    basis: `${memoryMb} MB ${architecture} in ${region}, a region of the ${regionClass} price class`,
  };
}

/** What the stack is billed by the hour, whichever of its functions is fired at. */
export function hourlyCost({ stack, targets }: Stack): HourlyCost | undefined {
  const managed = targets.find((deployed) => deployed.model === "managed-instances");
  if (!managed) return undefined;
  const { usdPerHour, instanceType, runningSince: since } = managed;
  return { usdPerHour, instanceType, since, endCommand: pulumiCommand(stack, "destroy") };
}

/** What another generation does to the environments of each model. */
export const RECYCLING_EFFECTS: Record<Model, string> = {
  "on-demand": "It replaces all environments within seconds.",
  "managed-instances":
    "It publishes the function anew, which takes some minutes; whether more environments than " +
    "configured serve it at first is not known. The older version goes on costing until it is " +
    "deleted: the output readme says how.",
  "web-function": "It makes a new revision, which takes a minute or more.",
};

/** New accounts may allow no more than this at first. */
const LEAST_ACCOUNT_LIMIT = 10;

type Limits = Pick<
  Deployed<"on-demand">,
  "reservedConcurrency" | "provisionedConcurrency" | "region"
>;

/**
 * Compares a plan's largest burst with the concurrency that an on-demand function may have: its
 * reservation, or else what the account has left.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 *
 * @param askAccount asked once, when it matters first; `undefined` when it cannot be known
 * @returns one sentence for each plan that will meet a limit, or may
 */
export function throttlingCautions(
  { reservedConcurrency, provisionedConcurrency, region }: Limits,
  askAccount: () => Promise<number | undefined>,
): (plan: Plan) => Promise<string[]> {
  let asked: Promise<number | undefined> | undefined;
  return async (plan) => {
    const burst = largestBurst(plan);
    return [...(await limited(burst)), ...tooFast(burst, provisionedConcurrency)];
  };

  async function limited(burst: number): Promise<string[]> {
    if (reservedConcurrency !== "none") {
      const whose = "The function has a reserved concurrency of";
      return above(burst, reservedConcurrency, `${whose} ${inWords(reservedConcurrency)}`);
    }
    asked ??= askAccount();
    const limit = await asked;
    if (limit !== undefined) {
      const whose = `The account leaves functions without a reservation ${inWords(limit)} executions`;
      return above(burst, limit, `${whose} at once in ${region}`);
    }
    if (burst <= LEAST_ACCOUNT_LIMIT) return [];
    return [
      `Whether the account allows ${inWords(burst)} executions at once is not known: ` +
        "the caller may not ask (lambda:GetAccountSettings), or nobody answered.",
    ];
  }
}

function tooFast(burst: number, provisioned: Limits["provisionedConcurrency"]): string[] {
  const ready = provisioned === "none" ? 0 : provisioned;
  const late = burst - ready - ENVIRONMENTS_PER_TEN_SECONDS;
  if (late <= 0) return [];
  return [
    `A function gets ${inWords(ENVIRONMENTS_PER_TEN_SECONDS)} more environments in ten seconds: ` +
      `of ${inWords(burst)} cold starts at once, ${inWords(late)} will be throttled.`,
  ];
}

function above(burst: number, limit: number, whose: string): string[] {
  if (burst <= limit) return [];
  return [`${whose}: at least ${inWords(burst - limit)} of ${inWords(burst)} will be throttled.`];
}
