/** What functions are made of, whatever the model: code, variables, log group and role. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";
import { LAMBDA_MAY_ASSUME, mayWriteTo } from "./policies.ts";
import type { Tags } from "./tags.ts";

export interface FunctionArgs {
  configuration: Configuration;
  /** Of all that can have tags. */
  tags: Tags;
  /** The text of the one file that is deployed. */
  code: string;
}

/** The archive of one file. The same text makes the same archive, so nothing is updated. */
export function archive(file: string, text: string): pulumi.asset.AssetArchive {
  return new pulumi.asset.AssetArchive({ [file]: new pulumi.asset.StringAsset(text) });
}

/** What the runner is told in the same way of every function, see targets.ts. */
export function commonOutputs(
  { urlAuthorization: authorization, maxHoldMs, generation }: Configuration,
  logGroup: aws.cloudwatch.LogGroup,
) {
  return { authorization, logGroupName: logGroup.name, maxHoldMs, generation };
}

/**
 * How long what takes minutes may take. The older half of the provider reads it from Pulumi's
 * `customTimeouts`, the newer half from an input that is called `timeouts`.
 */
export const PATIENCE = { create: "30m", update: "30m", delete: "30m" };

/** What the handler finds in its environment, whatever the model. */
export function handlerVariables({ maxHoldMs, generation }: Configuration): Record<string, string> {
  return {
    MAX_HOLD_MS: String(maxHoldMs),
    // The handler does not read it. Lambda starts new environments after any change of the variables.
    GENERATION: String(generation),
  };
}

/**
 * A log group whose name begins with a folder and the function's name. Not named after the function,
 * whose own name is only known once it exists: the log group is there first, so that Lambda never makes
 * one of its own, which would keep its logs forever.
 */
export function functionLog(
  name: string,
  folder: "/aws/lambda" | "/aws/lambda/web",
  { logRetentionDays }: Configuration,
  tags: Tags,
  options: pulumi.CustomResourceOptions,
): aws.cloudwatch.LogGroup {
  const retentionInDays = logRetentionDays;
  return new aws.cloudwatch.LogGroup(
    name,
    { namePrefix: `${folder}/${name}-`, retentionInDays, tags },
    options,
  );
}

/**
 * The role that a function runs as.
 *
 * @returns `logging` as well, which a function must wait for: nothing in it refers to the policy, and
 * its first lines would be lost without
 */
export function executionRole(
  name: string,
  logGroups: aws.cloudwatch.LogGroup[],
  tags: Tags,
  options: pulumi.CustomResourceOptions,
): { role: aws.iam.Role; logging: aws.iam.RolePolicy } {
  const role = new aws.iam.Role(name, { assumeRolePolicy: LAMBDA_MAY_ASSUME, tags }, options);
  const policy = mayWriteTo(logGroups);
  const logging = new aws.iam.RolePolicy(name, { role: role.name, policy }, options);
  return { role, logging };
}
