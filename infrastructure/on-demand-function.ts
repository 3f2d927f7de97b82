/** An on-demand function with its Function URL, its log group, and the role that it runs as. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BUNDLE_FILE, HANDLER } from "../basics/bundle.ts";
import type { Configuration } from "./configuration.ts";
import { callerPolicy, LAMBDA_MAY_ASSUME, mayWriteTo } from "./policies.ts";
import { openToEverybody } from "./readme.ts";
import { withDefaultTags } from "./tags.ts";

export interface OnDemandFunctionArgs {
  configuration: Configuration;
  /** The stack as commands name it. */
  stack: string;
  /** The handler as one ES module. The same text makes the same archive, so nothing is updated. */
  bundle: string;
}

/** Everything that is deployed. Destroying it leaves nothing behind, the logs included. */
export class OnDemandFunction extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly functionName: pulumi.Output<string>;
  readonly region: pulumi.Output<string>;
  readonly logGroupName: pulumi.Output<string>;
  /** SHA-256 of the deployed archive in base64, as Lambda states it. */
  readonly codeSha256: pulumi.Output<string>;
  /** An IAM policy, as JSON, for the identity that runs the experiment with signed requests. */
  readonly callerPolicy: pulumi.Output<string>;

  /** @param name begins the names of the function, its role and its log group */
  constructor(name: string, args: OnDemandFunctionArgs, options?: pulumi.ComponentResourceOptions) {
    // The type stands in the state of every stack: another one would replace all that is below.
    super("lambda-concurrency-test:infrastructure:ConcurrencyTest", name, {}, options);
    const { configuration, bundle } = args;
    const { reservedConcurrency, provisionedConcurrency } = configuration;
    const child = { parent: this };
    const deployment = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const tags = withDefaultTags(configuration.tags, deployment);

    // Not named after the function, whose own name is only known once it exists: the log group is
    // there first, so that Lambda never makes one of its own, which would keep its logs forever.
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { namePrefix: `/aws/lambda/${name}-`, retentionInDays: configuration.logRetentionDays, tags },
      child,
    );
    const role = new aws.iam.Role(name, { assumeRolePolicy: LAMBDA_MAY_ASSUME, tags }, child);
    const logging = new aws.iam.RolePolicy(
      name,
      { role: role.name, policy: mayWriteTo(logGroup) },
      child,
    );
    const lambda = new aws.lambda.Function(
      name,
      {
        description: "Mutates a global object and waits, to show which requests share a process",
        runtime: aws.lambda.Runtime.NodeJS24dX,
        handler: HANDLER,
        code: new pulumi.asset.AssetArchive({
          [BUNDLE_FILE]: new pulumi.asset.StringAsset(bundle),
        }),
        role: role.arn,
        architectures: [configuration.architecture],
        memorySize: configuration.memoryMb,
        timeout: configuration.timeoutSeconds,
        ...(reservedConcurrency !== "none" && {
          reservedConcurrentExecutions: reservedConcurrency,
        }),
        ...(provisionedConcurrency !== "none" && { publish: true }),
        loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
        environment: {
          variables: {
            MAX_HOLD_MS: String(configuration.maxHoldMs),
            // Nobody reads it. Lambda starts new environments after any change of the variables.
            GENERATION: String(configuration.generation),
          },
        },
        tags,
      },
      // Nothing in the function refers to the policy, and its first lines would be lost without.
      { ...child, dependsOn: [logging] },
    );
    const alias =
      provisionedConcurrency === "none"
        ? undefined
        : provision(name, lambda, provisionedConcurrency, child);
    const url = new aws.lambda.FunctionUrl(
      name,
      {
        functionName: lambda.name,
        ...(alias && { qualifier: alias.name }),
        authorizationType: configuration.urlAuthorization,
        invokeMode: "BUFFERED",
      },
      child,
    );
    if (configuration.urlAuthorization === "NONE") {
      admitEverybody(name, url, alias, child);
      void pulumi.log.warn(openToEverybody(args.stack), this);
    }

    this.url = url.functionUrl;
    this.functionName = lambda.name;
    this.region = lambda.region;
    this.logGroupName = logGroup.name;
    this.codeSha256 = lambda.codeSha256;
    this.callerPolicy = callerPolicy(alias ? [lambda.arn, alias.arn] : lambda.arn, logGroup);
    this.registerOutputs({
      url: this.url,
      functionName: this.functionName,
      region: this.region,
      logGroupName: this.logGroupName,
      codeSha256: this.codeSha256,
      callerPolicy: this.callerPolicy,
    });
  }
}

/**
 * Keeps environments ready behind an alias, since AWS keeps none for unpublished code. The function
 * must be published: each change of its code or configuration then makes a version and moves the
 * alias to it. AWS takes the environments from the former version and prepares those of the new one,
 * which goes on for a minute or more after the update has ended; until then requests start
 * environments on demand.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 *
 * @returns the alias, which the URL must be one of
 */
function provision(
  name: string,
  lambda: aws.lambda.Function,
  environments: number,
  options: pulumi.CustomResourceOptions,
): aws.lambda.Alias {
  const functionName = lambda.name;
  const alias = new aws.lambda.Alias(
    name,
    // Another function may have an alias of the same name.
    { name: "provisioned", functionName, functionVersion: lambda.version },
    options,
  );
  new aws.lambda.ProvisionedConcurrencyConfig(
    name,
    { functionName, qualifier: alias.name, provisionedConcurrentExecutions: environments },
    options,
  );
  return alias;
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
