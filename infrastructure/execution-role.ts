/** What every function has beside itself: a log group, and a role that may write there. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "./configuration.ts";
import { LAMBDA_MAY_ASSUME, mayWriteTo } from "./policies.ts";
import type { Tags } from "./tags.ts";

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
