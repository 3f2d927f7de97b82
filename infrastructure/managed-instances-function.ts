/**
 * A function on Lambda Managed Instances: EC2 instances that Lambda runs in the account, a function that
 * they serve, and its Function URL. The instances are charged until they are destroyed.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BUNDLE_FILE, HANDLER } from "../basics/bundle.ts";
import type { Deployed } from "../basics/deployed-targets.ts";
import { deploymentHash } from "../basics/models.ts";
import { managedArchitecture, managedHourlyUsd } from "./configuration.ts";
import {
  archive,
  commonOutputs,
  executionRole,
  type FunctionArgs,
  functionLog,
  handlerVariables,
  PATIENCE,
} from "./function-parts.ts";
import { functionUrl } from "./function-url.ts";
import type { Network } from "./network.ts";
import { type Callee, LAMBDA_MAY_ASSUME } from "./policies.ts";
import type { Tags } from "./tags.ts";

/** How much longer the function's timeout is than the longest hold, in seconds. */
const BEYOND_HOLD_SECONDS = 5;

const MANAGED = "lambdaManagedInstancesCapacityProviderConfig";

/** The version that `publishTo: "LATEST_PUBLISHED"` keeps up to date. */
const LATEST_PUBLISHED = "$LATEST.PUBLISHED";

interface ManagedInstancesArgs extends FunctionArgs {
  network: Network;
}

export class ManagedInstancesFunction extends pulumi.ComponentResource {
  readonly target: pulumi.Output<Deployed<"managed-instances">>;
  readonly callee: Callee;

  /** @param name begins the names of all that is created */
  constructor(name: string, args: ManagedInstancesArgs) {
    super("lambda-concurrency-test:infrastructure:ManagedInstancesFunction", name);
    const { configuration, tags, network } = args;
    const {
      managedInstancesType: instanceType,
      managedInstancesMinEnvironments: minEnvironments,
      managedInstancesMaxEnvironments: maxEnvironments,
      managedInstancesWorkers: workers,
      managedInstancesMaxConcurrency: maxConcurrency,
    } = configuration;
    const child = { parent: this };

    const operator = operatorRole(name, network.partition, tags, child);
    const provider = capacityProvider(name, args, operator, child);
    const logGroup = functionLog(name, "/aws/lambda", configuration, tags, child);
    const { role, logging } = executionRole(name, [logGroup], tags, child);
    const lambda = managedFunction(name, args, { provider, role, logGroup, logging }, child);
    const version =
      configuration.managedInstancesVersion === "numbered" ? lambda.version : LATEST_PUBLISHED;
    const scaling = new aws.lambda.FunctionScalingConfig(
      name,
      {
        functionName: lambda.name,
        qualifier: version,
        functionScalingConfig: {
          minExecutionEnvironments: minEnvironments,
          maxExecutionEnvironments: maxEnvironments,
        },
        timeouts: PATIENCE,
      },
      // To delete it means to go back to AWS's three environments, which an older version would then
      // start. All versions go with the function.
      { ...child, retainOnDelete: true },
    );
    const alias = new aws.lambda.Alias(
      name,
      { name: "live", functionName: lambda.name, functionVersion: version },
      { ...child, dependsOn: [scaling] },
    );
    const url = functionUrl(name, lambda, alias, configuration, child);

    const usdPerHour = managedHourlyUsd(configuration);
    this.callee = { functionArns: [lambda.arn, alias.arn], logGroup };
    this.target = pulumi.output({
      model: "managed-instances" as const,
      url: url.functionUrl,
      functionName: lambda.name,
      region: lambda.region,
      deployment: lambda.codeSha256.apply((code) =>
        deploymentHash(code, "managed-instances", [
          minEnvironments,
          maxEnvironments,
          workers,
          maxConcurrency,
        ]),
      ),
      ...commonOutputs(configuration, logGroup),
      instanceType,
      minEnvironments,
      maxEnvironments,
      workers,
      maxConcurrency,
      // The first of all that is charged or leads to it; it never changes.
      runningSince: operator.role.createDate,
      ...(usdPerHour !== undefined && { usdPerHour }),
    });
    this.registerOutputs({ target: this.target });
  }
}

interface Operator {
  role: aws.iam.Role;
  /** Without it, Lambda may not touch an instance, to end one either. */
  policy: aws.iam.RolePolicyAttachment;
}

/**
 * The role as which Lambda starts and ends instances. The policy is AWS's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-operator-role.html
 */
function operatorRole(
  name: string,
  partition: string,
  tags: Tags,
  child: pulumi.CustomResourceOptions,
): Operator {
  const operator = `${name}-operator`;
  const role = new aws.iam.Role(operator, { assumeRolePolicy: LAMBDA_MAY_ASSUME, tags }, child);
  const policyArn = `arn:${partition}:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator`;
  const attachment = { role: role.name, policyArn };
  return { role, policy: new aws.iam.RolePolicyAttachment(operator, attachment, child) };
}

function capacityProvider(
  name: string,
  { configuration, tags, network }: ManagedInstancesArgs,
  operator: Operator,
  child: pulumi.CustomResourceOptions,
): aws.lambda.CapacityProvider {
  const { managedInstancesType, managedInstancesSecurityGroup: given } = configuration;
  const securityGroupIds = given === "none" ? [httpsOnly(name, network, tags, child).id] : given;
  // The provider sends an empty list as one, and AWS takes only one of the two; what is left out is not
  // sent. The types demand both.
  const requirement = {
    architectures: [managedArchitecture(configuration)],
    allowedInstanceTypes: [managedInstancesType],
  } as aws.types.input.lambda.CapacityProviderInstanceRequirement;
  const scaling = {
    scalingMode: "Auto",
    maxVcpuCount: configuration.managedInstancesMaxVcpus,
  } as aws.types.input.lambda.CapacityProviderCapacityProviderScalingConfig;
  return new aws.lambda.CapacityProvider(
    name,
    {
      vpcConfig: { subnetIds: network.subnetIds, securityGroupIds },
      permissionsConfig: { capacityProviderOperatorRoleArn: operator.role.arn },
      instanceRequirements: [requirement],
      capacityProviderScalingConfigs: [scaling],
      tags,
      timeouts: PATIENCE,
    },
    { ...child, dependsOn: [operator.policy] },
  );
}

/** Instances write the logs over HTTPS. Requests and answers come by another way, through Lambda. */
function httpsOnly(
  name: string,
  { vpcId }: Network,
  tags: Tags,
  child: pulumi.CustomResourceOptions,
): aws.ec2.SecurityGroup {
  const https = { protocol: "tcp", fromPort: 443, toPort: 443 };
  const everywhere = { cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] };
  return new aws.ec2.SecurityGroup(
    name,
    {
      description: "Managed instances of Lambda: HTTPS out, nothing in",
      vpcId,
      egress: [{ ...https, ...everywhere }],
      tags,
    },
    { ...child, customTimeouts: PATIENCE },
  );
}

interface Parts {
  provider: aws.lambda.CapacityProvider;
  role: aws.iam.Role;
  logGroup: aws.cloudwatch.LogGroup;
  logging: aws.iam.RolePolicy;
}

function managedFunction(
  name: string,
  { configuration, tags, code }: ManagedInstancesArgs,
  { provider, role, logGroup, logging }: Parts,
  child: pulumi.CustomResourceOptions,
): aws.lambda.Function {
  return new aws.lambda.Function(
    name,
    {
      description: "Mutates a global object and waits, on Lambda Managed Instances",
      runtime: aws.lambda.Runtime.NodeJS24dX,
      handler: HANDLER,
      code: archive(BUNDLE_FILE, code),
      role: role.arn,
      architectures: [managedArchitecture(configuration)],
      memorySize: configuration.managedInstancesMemoryMb,
      timeout: Math.ceil(configuration.maxHoldMs / 1_000) + BEYOND_HOLD_SECONDS,
      // Lambda starts environments for published versions only. Each keeps the least number of its
      // own, so one that is updated in place would be cheaper than numbered ones; but that an alias,
      // which the URL needs, may stand for it is said by no page, only by the API's pattern:
      // https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
      publish: true,
      ...(configuration.managedInstancesVersion === "latest-published" && {
        publishTo: "LATEST_PUBLISHED",
      }),
      loggingConfig: { logFormat: "JSON", logGroup: logGroup.name },
      capacityProviderConfig: {
        [MANAGED]: {
          capacityProviderArn: provider.arn,
          perExecutionEnvironmentMaxConcurrency: configuration.managedInstancesMaxConcurrency,
          executionEnvironmentMemoryGibPerVcpu: configuration.managedInstancesMemoryGbPerVcpu,
        },
      },
      environment: {
        variables: {
          ...handlerVariables(configuration),
          // https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html
          AWS_LAMBDA_NODEJS_WORKER_COUNT: String(configuration.managedInstancesWorkers),
        },
      },
      tags,
    },
    {
      ...child,
      customTimeouts: PATIENCE,
      dependsOn: [logging],
      // A version stays with the capacity provider that it was published on, which could not be
      // deleted then; and the code of another architecture comes too late. A new function has a URL of
      // its own.
      replaceOnChanges: [`capacityProviderConfig.${MANAGED}.capacityProviderArn`, "publishTo"],
    },
  );
}
