/** An on-demand function with its Function URL, its log group, and the role that it runs as. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BUNDLE_FILE, HANDLER } from "../basics/bundle.ts";
import type { Deployed } from "../basics/deployed-targets.ts";
import {
  archive,
  commonOutputs,
  executionRole,
  type FunctionArgs,
  functionLog,
  handlerVariables,
} from "./function-parts.ts";
import { functionUrl } from "./function-url.ts";
import type { Callee } from "./policies.ts";

export class OnDemandFunction extends pulumi.ComponentResource {
  readonly target: pulumi.Output<Deployed<"on-demand">>;
  readonly callee: Callee;
  /** SHA-256 of the deployed archive in base64, as Lambda states it. */
  readonly codeSha256: pulumi.Output<string>;

  /** @param name begins the names of the function, its role and its log group */
  constructor(name: string, { configuration, tags, code }: FunctionArgs) {
    // The type stands in the state of every stack: another one would replace all that is below.
    super("lambda-concurrency-test:infrastructure:ConcurrencyTest", name);
    const { memoryMb, architecture, reservedConcurrency, provisionedConcurrency } = configuration;
    const child = { parent: this };

    const logGroup = functionLog(name, "/aws/lambda", configuration, tags, child);
    const { role, logging } = executionRole(name, [logGroup], tags, child);
    const lambda = new aws.lambda.Function(
      name,
      {
        description: "Mutates a global object and waits, to show which requests share a process",
        runtime: aws.lambda.Runtime.NodeJS24dX,
        handler: HANDLER,
        code: archive(BUNDLE_FILE, code),
        role: role.arn,
        architectures: [architecture],
        memorySize: memoryMb,
        timeout: configuration.timeoutSeconds,
        ...(reservedConcurrency !== "none" && {
          reservedConcurrentExecutions: reservedConcurrency,
        }),
        ...(provisionedConcurrency !== "none" && { publish: true }),
        loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
        environment: { variables: handlerVariables(configuration) },
        tags,
      },
      { ...child, dependsOn: [logging] },
    );
    const alias =
      provisionedConcurrency === "none"
        ? undefined
        : provision(name, lambda, provisionedConcurrency, child);
    const url = functionUrl(name, lambda, alias, configuration, child);

    this.codeSha256 = lambda.codeSha256;
    this.callee = { functionArns: alias ? [lambda.arn, alias.arn] : [lambda.arn], logGroup };
    this.target = pulumi.output({
      model: "on-demand" as const,
      url: url.functionUrl,
      functionName: lambda.name,
      region: lambda.region,
      deployment: lambda.codeSha256,
      ...commonOutputs(configuration, logGroup),
      memoryMb,
      architecture,
      reservedConcurrency,
      provisionedConcurrency,
    });
    this.registerOutputs({ target: this.target });
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
