/** The function that `pulumi up` deployed. */

import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { pulumiUpWith, shellWord } from "../../basics/printed-commands.ts";
import { type Billed, loadCostUsd } from "../../pricing/cost.ts";
import { priceOf } from "../../pricing/price-list.ts";
import { unlessAborted } from "../core/abort.ts";
import { inWords } from "../core/counts.ts";
import { burstOf, type Plan, type Stage } from "../core/plan/plan.ts";
import type { Cost, Target } from "../core/target.ts";
import { type CredentialProvider, openSigner, standardCredentials } from "./aws-credentials.ts";
import { largestBurst, runnerObstacles } from "./resources.ts";
import { readStack, type Stack } from "./stack-outputs.ts";

/** How long a cold start may take, and what each further one beside it adds, in milliseconds. */
const COLD_START_MS = 15_000;
/** A function gets 1,000 more environments every ten seconds: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html */
const FURTHER_COLD_START_MS = 10;

/**
 * Opens a stack of this project.
 *
 * @param name the stack's; by default the selected one
 * @param signal ends the waiting for the Pulumi CLI
 * @param onWait called with what to say when credentials take their time
 * @throws ExperimentError when there is no such stack, or its outputs cannot be used
 */
export async function openStackTarget(
  name?: string,
  signal?: AbortSignal,
  onWait?: (words: string) => void,
): Promise<Target> {
  const stack = await readStack(name, signal);
  const url = new URL(stack.url);
  const { region } = stack;
  const credentials = standardCredentials({ onWait });
  return {
    url,
    description: {
      kind: "stack",
      model: "on-demand",
      url: stack.url,
      stack: stack.stack,
      functionName: stack.functionName,
      region,
      logGroupName: stack.logGroupName,
      deployment: stack.codeSha256,
    },
    coldStartAllowanceMs: (stage: Stage) => COLD_START_MS + burstOf(stage) * FURTHER_COLD_START_MS,
    ...(stack.urlAuthorization === "AWS_IAM" && {
      openSigner: (durationMs: number) => openSigner(url, region, credentials, durationMs),
    }),
    recycleCommand: pulumiUpWith(stack.stack, { generation: stack.generation + 1 }),
    logsCommand: (environment) =>
      `aws logs tail ${stack.logGroupName} --region ${region} --follow ` +
      `--log-stream-names ${shellWord(environment)}`,
    obstacles: async (plan) => stackObstacles(plan, stack),
    cautions: throttlingCautions(stack, () => unreservedConcurrency(region, credentials)),
    cost: (plan) => planCost(plan, stack),
    close: async () => {},
  };
}

function stackObstacles(plan: Plan, { stack, maxHoldMs, reservedConcurrency }: Stack): string[] {
  const obstacles = runnerObstacles(plan);
  if (plan.holdMs > maxHoldMs) {
    obstacles.push(
      `The deployed function holds at most ${maxHoldMs / 1_000} s; ` +
        `raise it with "${pulumiUpWith(stack, { maxHoldMs: plan.holdMs })}".`,
    );
  }
  if (reservedConcurrency === 0) {
    obstacles.push(
      "The function is shut off, since its reserved concurrency is 0; " +
        `open it with "${pulumiUpWith(stack, { reservedConcurrency: "none" })}".`,
    );
  }
  return obstacles;
}

/** All stages together; what the stack costs while nobody uses it is no cost of the plan. */
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

/** New accounts may allow no more than this at first. */
const LEAST_ACCOUNT_LIMIT = 10;

type Limits = Pick<Stack, "reservedConcurrency" | "provisionedConcurrency" | "region">;

/**
 * Compares a plan's largest burst with the concurrency that the function may have: its reservation,
 * or else what the account has left.
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

/**
 * A function gets so many more environments within ten seconds, and what comes earlier is throttled.
 * https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
 */
const ENVIRONMENTS_PER_TEN_SECONDS = 1_000;

function tooFast(burst: number, provisioned: Stack["provisionedConcurrency"]): string[] {
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

const ACCOUNT_TIMEOUT_MS = 5_000;

/**
 * How many executions at once the account has left for functions without a reservation of their
 * own.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
 *
 * @returns `undefined` when the caller may not ask (`lambda:GetAccountSettings`), or nobody answers
 */
async function unreservedConcurrency(
  region: string,
  credentials: CredentialProvider,
): Promise<number | undefined> {
  const client = new LambdaClient({ region, credentials, maxAttempts: 1 });
  const abortSignal = AbortSignal.timeout(ACCOUNT_TIMEOUT_MS);
  try {
    const asking = client.send(new GetAccountSettingsCommand({}), { abortSignal });
    // The signal ends the call, and not the search for credentials before it.
    const settings = await unlessAborted(asking, abortSignal);
    return settings?.AccountLimit?.UnreservedConcurrentExecutions;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
