/** The function that `pulumi up` deployed. */

import { pulumiUpWith, shellWord } from "../../basics/printed-commands.ts";
import type { Plan, Stage } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import { unreservedConcurrency } from "./account.ts";
import { standardCredentials } from "./aws-credentials.ts";
import { planCost } from "./cost.ts";
import { lackOfFiles, largestBurst } from "./resources.ts";
import { openSigner } from "./signing.ts";
import { readStack, type Stack } from "./stack-outputs.ts";
import { PROVES } from "./target-choice.ts";
import { throttlingCautions } from "./throttling.ts";

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
    proves: PROVES.stack,
    coldStartAllowanceMs: ({ concurrency }: Stage) =>
      COLD_START_MS + concurrency * FURTHER_COLD_START_MS,
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
  const lack = lackOfFiles(largestBurst(plan), (burst) => burst, "The runner");
  const obstacles = lack === undefined ? [] : [lack];
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
