/** A function that `pulumi up` deployed. */

import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { DeployedTarget } from "../../basics/deployed-targets.ts";
import { pulumiUpWith, shellWord } from "../../basics/printed-commands.ts";
import { unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import { untilAnswering } from "../core/firing/until-answering.ts";
import type { Target } from "../core/target.ts";
import { type CredentialProvider, openSigner, standardCredentials } from "./aws-credentials.ts";
import {
  deployedAllowanceMs,
  deployedCautions,
  deployedCost,
  deployedObstacles,
  hourlyCost,
  RECYCLING_EFFECTS,
} from "./deployed-model.ts";
import type { Stack } from "./stack-outputs.ts";

/**
 * One function of a stack as a target.
 *
 * @param onWait called with what to say when credentials take their time
 */
export function stackTarget(
  stack: Stack,
  deployed: DeployedTarget,
  onWait?: (words: string) => void,
): Target {
  const { model, region, functionName, logGroupName, deployment } = deployed;
  const url = new URL(deployed.url);
  const credentials = standardCredentials({ onWait });
  const signer =
    deployed.authorization === "AWS_IAM"
      ? (durationMs: number) => openSigner(url, region, credentials, durationMs)
      : undefined;
  const web = stack.targets.find((one) => one.model === "web-function");
  return {
    url,
    description: {
      kind: "stack",
      model,
      url: deployed.url,
      stack: stack.stack,
      functionName,
      region,
      logGroupName,
      deployment,
    },
    coldStartAllowanceMs: (stage) => deployedAllowanceMs(stage, deployed),
    ...(signer && { openSigner: signer }),
    ...(model === "managed-instances" && {
      untilAnswering: (signal: AbortSignal) => awaitFunction(url, deployed, signer, signal),
    }),
    ...(web && web !== deployed && { openControl: async () => stackTarget(stack, web, onWait) }),
    recycling: {
      command: pulumiUpWith(stack.stack, { generation: deployed.generation + 1 }),
      effect: RECYCLING_EFFECTS[model],
    },
    logsCommand: (logStream) =>
      `aws logs tail ${logGroupName} --region ${region} --follow ` +
      `--log-stream-names ${shellWord(logStream)}`,
    obstacles: async (plan, part) => deployedObstacles(plan, stack.stack, deployed, part),
    cautions: deployedCautions(deployed, () => unreservedConcurrency(region, credentials)),
    cost: (plan) => deployedCost(plan, deployed),
    hourly: hourlyCost(stack),
    close: async () => {},
  };
}

/** How long a function may take to answer for the first time, in milliseconds. */
const ANSWERING_MS = 300_000;

/**
 * Waits until the function answers. The first calls of Managed Instances may fail while an instance
 * starts: https://github.com/aws-powertools/powertools-lambda-typescript/tree/main/packages/logger/tests/e2e
 *
 * @returns how long it was waited for, in milliseconds
 */
async function awaitFunction(
  url: URL,
  { functionName, region }: DeployedTarget,
  signer: Target["openSigner"],
  signal: AbortSignal,
): Promise<number> {
  const sign = await unlessAborted(Promise.resolve(signer?.(ANSWERING_MS)), signal);
  const waited = await untilAnswering({ url, sign, limitMs: ANSWERING_MS, signal });
  if (waited.answers) return waited.ms;
  const command = `aws lambda get-function-configuration --function-name ${functionName} --region ${region}`;
  const { ms: waitedMs, why } = waited;
  throw new ExperimentError("function not answering", { functionName, waitedMs, why, command });
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
