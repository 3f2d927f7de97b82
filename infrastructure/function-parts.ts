/** What functions are made of, whatever the model: code, variables, log group, role and Function URL. */
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

/**
 * The Function URL of a function or of an alias, for signed requests or for everybody.
 *
 * @param alias that the URL is of; without one it is of the function's unpublished code
 */
export function functionUrl(
  name: string,
  lambda: aws.lambda.Function,
  alias: aws.lambda.Alias | undefined,
  { urlAuthorization: authorizationType }: Configuration,
  options: pulumi.CustomResourceOptions,
): aws.lambda.FunctionUrl {
  const url = new aws.lambda.FunctionUrl(
    name,
    {
      functionName: lambda.name,
      ...(alias && { qualifier: alias.name }),
      authorizationType,
      invokeMode: "BUFFERED",
    },
    options,
  );
  if (authorizationType === "NONE") admitEverybody(name, url, alias, options);
  return url;
}

/**
 * Opens a URL to unsigned requests. Both permissions are needed since October 2025; the second holds
 * for calls through the URL only, so that the function cannot be invoked by other ways. A URL of an
 * alias needs them on the alias.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 *
 * The provider adds the same two by itself, but only when a URL is created open, and leaves them in
 * the function's policy until the function goes. Ours come and go with the setting. They wait for the
 * URL, since AWS refuses a permission while another one is being added to the same function, and the
 * provider does not try its own again. What it leaves opens nothing once the URL takes signed requests
 * only: the first holds for URLs of the type NONE, and the second alone is not enough.
 * https://github.com/hashicorp/terraform-provider-aws/pull/44858
 */
function admitEverybody(
  name: string,
  url: aws.lambda.FunctionUrl,
  alias: aws.lambda.Alias | undefined,
  options: pulumi.CustomResourceOptions,
): void {
  const everybody = {
    function: url.functionName,
    principal: "*",
    ...(alias && { qualifier: alias.name }),
  };
  const afterUrl = { ...options, dependsOn: [url] };
  new aws.lambda.Permission(
    `${name}-url`,
    { ...everybody, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "NONE" },
    afterUrl,
  );
  new aws.lambda.Permission(
    `${name}-invoke`,
    { ...everybody, action: "lambda:InvokeFunction", invokedViaFunctionUrl: true },
    afterUrl,
  );
}
