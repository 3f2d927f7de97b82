/** What is created for the models beside on-demand, and what is not. */
import { describe, expect, test } from "vitest";
import { bundleWebServer } from "../basics/bundle.ts";
import { logGroupArn, Run, runProgram } from "../test/mocked-program.ts";

const NAME = "lambda-concurrency-test";
const MANAGED = `${NAME}-managed-1a2b3c4`;
const WEB = `${NAME}-web-1a2b3c4`;
/** What each model logs into, in the order of the models. */
const LOG_GROUPS = [
  `/aws/lambda/${NAME}-1`,
  `/aws/lambda/${NAME}-managed-1`,
  `/aws/lambda/web/${NAME}-web-1`,
];
const TAGS = { project: NAME, stack: "dev" };
const ALL = { models: "on-demand,managed-instances,web-function" };

/** What a resource that is easily found by its name was created with. */
function inputsOf(run: Run, type: string, name: string): Record<string, unknown> {
  const found = run.all(type).filter((resource) => resource.name === name);
  expect(found).toHaveLength(1);
  return found[0]?.inputs ?? {};
}

test("Managed Instances are one environment behind an alias, with a bound and the least rights", async () => {
  const run = await runProgram({ models: "managed-instances" });
  const name = `${NAME}-managed`;
  expect(inputsOf(run, "RolePolicyAttachment", `${name}-operator`)).toEqual({
    role: `${name}-operator-1a2b3c4`,
    policyArn: "arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator",
  });
  expect(run.inputsOf("SecurityGroup")).toMatchObject({
    vpcId: "vpc-1",
    egress: [{ protocol: "tcp", fromPort: 443, toPort: 443 }],
    tags: TAGS,
  });
  expect(run.inputsOf("SecurityGroup")).not.toHaveProperty("ingress");
  expect(run.inputsOf("CapacityProvider")).toMatchObject({
    vpcConfig: { subnetIds: ["subnet-1", "subnet-2"], securityGroupIds: [`${name}-id`] },
    permissionsConfig: {
      capacityProviderOperatorRoleArn: `arn:aws:iam::123456789012:role/${name}-operator-1a2b3c4`,
    },
    // An empty list would be sent, and refused beside the other one.
    instanceRequirements: [{ architectures: ["arm64"], allowedInstanceTypes: ["m7g.large"] }],
    capacityProviderScalingConfigs: [{ scalingMode: "Auto", maxVcpuCount: 12 }],
    tags: TAGS,
  });
  const [requirement] = run.inputsOf("CapacityProvider").instanceRequirements as object[];
  expect(requirement).not.toHaveProperty("excludedInstanceTypes");
  expect(run.inputsOf("Function")).toMatchObject({
    handler: "index.handler",
    architectures: ["arm64"],
    memorySize: 2_048,
    timeout: 65,
    publish: true,
    capacityProviderConfig: {
      lambdaManagedInstancesCapacityProviderConfig: {
        capacityProviderArn: `arn:aws:lambda:eu-west-1:123456789012:capacity-provider:${name}`,
        perExecutionEnvironmentMaxConcurrency: 64,
        executionEnvironmentMemoryGibPerVcpu: 2,
      },
    },
    environment: {
      variables: { MAX_HOLD_MS: "60000", GENERATION: "1", AWS_LAMBDA_NODEJS_WORKER_COUNT: "1" },
    },
  });
  expect(run.inputsOf("Function")).not.toHaveProperty("reservedConcurrentExecutions");
  expect(run.inputsOf("FunctionScalingConfig")).toMatchObject({
    functionName: MANAGED,
    qualifier: "7",
    functionScalingConfig: { minExecutionEnvironments: 1, maxExecutionEnvironments: 1 },
  });
  expect(run.inputsOf("Alias")).toEqual({
    name: "live",
    functionName: MANAGED,
    functionVersion: "7",
  });
  expect(run.inputsOf("FunctionUrl")).toMatchObject({
    functionName: MANAGED,
    qualifier: "live",
    authorizationType: "AWS_IAM",
  });
});

test("Managed Instances take what the configuration says of them", async () => {
  const run = await runProgram({
    models: "managed-instances",
    managedInstancesType: "c7i.xlarge",
    managedInstancesMinEnvironments: "2",
    managedInstancesMaxEnvironments: "3",
    managedInstancesWorkers: "4",
    managedInstancesMaxConcurrency: "100",
    managedInstancesMemoryMb: "4096",
    managedInstancesMemoryGbPerVcpu: "2",
    managedInstancesMaxVcpus: "20",
    managedInstancesSubnets: "subnet-0a1b2c3d",
    managedInstancesSecurityGroup: "sg-0a1b2c3d",
    managedInstancesVersion: "latest-published",
    maxHoldMs: "1500",
    urlAuthorization: "NONE",
  });
  expect(run.all("SecurityGroup")).toEqual([]);
  expect(run.inputsOf("CapacityProvider")).toMatchObject({
    vpcConfig: { subnetIds: ["subnet-0a1b2c3d"], securityGroupIds: ["sg-0a1b2c3d"] },
    instanceRequirements: [{ architectures: ["x86_64"], allowedInstanceTypes: ["c7i.xlarge"] }],
    capacityProviderScalingConfigs: [{ maxVcpuCount: 20 }],
  });
  expect(run.inputsOf("Function")).toMatchObject({
    architectures: ["x86_64"],
    memorySize: 4_096,
    timeout: 7,
    publishTo: "LATEST_PUBLISHED",
    environment: { variables: { AWS_LAMBDA_NODEJS_WORKER_COUNT: "4" } },
  });
  expect(run.inputsOf("FunctionScalingConfig")).toMatchObject({
    qualifier: "$LATEST.PUBLISHED",
    functionScalingConfig: { minExecutionEnvironments: 2, maxExecutionEnvironments: 3 },
  });
  expect(run.inputsOf("Alias")).toMatchObject({ functionVersion: "$LATEST.PUBLISHED" });
  expect(run.all("Permission").map(({ inputs }) => inputs.qualifier)).toEqual(["live", "live"]);
  expect(run.outputs.targets).toMatchObject([
    { workers: 4, maxConcurrency: 100, minEnvironments: 2, maxEnvironments: 3 },
  ]);
});

test("a web function's code lies in a closed bucket, which Lambda of this account may read", async () => {
  const run = await runProgram({ models: "web-function", namePrefix: "My-Test" });
  const bucket = "my-test-web-1";
  expect(run.inputsOf("Bucket")).toEqual({
    bucketPrefix: "my-test-web-",
    forceDestroy: true,
    tags: TAGS,
  });
  expect(run.inputsOf("BucketVersioning")).toMatchObject({
    bucket,
    versioningConfiguration: { status: "Enabled" },
  });
  const closed = Object.entries(run.inputsOf("BucketPublicAccessBlock"));
  expect(closed.filter(([, value]) => value === true)).toHaveLength(4);
  expect(JSON.parse(String(run.inputsOf("BucketPolicy").policy)).Statement).toEqual([
    {
      Effect: "Allow",
      Principal: { Service: "lambda.amazonaws.com" },
      Action: ["s3:GetObject", "s3:GetObjectVersion"],
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    },
  ]);
  expect(await run.deployedFiles("BucketObjectv2", "source")).toEqual({
    "index.js": await bundleWebServer(),
  });
});

test.each([
  ["AWS_IAM", "IamAuth"],
  ["NONE", "ApplicationManaged"],
])(
  "the template of a web function has one revision at one endpoint, %s",
  async (urlAuthorization, AuthType) => {
    const run = await runProgram({
      models: "web-function",
      webFunctionMaxConcurrency: "32",
      webFunctionMaxEnvironments: "5",
      webFunctionTimeoutSeconds: "70",
      generation: "4",
      urlAuthorization,
    });
    const { templateBody, onFailure } = run.inputsOf("Stack");
    expect(onFailure).toBe("DELETE");
    const FunctionName = { Ref: "AWS::StackName" };
    expect(JSON.parse(String(templateBody)).Resources).toEqual({
      Function: { Type: "AWS::Lambda::WebFunction", Properties: { FunctionName } },
      Revision: {
        Type: "AWS::Lambda::WebFunctionRevision",
        DependsOn: "Function",
        Properties: {
          FunctionName,
          BuildConfig: {
            CodeConfig: {
              S3Object: { Bucket: `${NAME}-web-1`, Key: "code.zip", VersionId: "v1" },
            },
            RuntimeConfig: { Runtime: "nodejs24.x" },
          },
          ServiceConfig: {
            ExecutionRoleArn: `arn:aws:iam::123456789012:role/${WEB}`,
            TimeoutSeconds: 70,
            MaxConcurrencyPerEnvironment: 32,
            EnvironmentVariables: { MAX_HOLD_MS: "60000", GENERATION: "4" },
            TelemetryConfig: { LoggingConfig: { LogGroup: `/aws/lambda/web/${NAME}-web-1` } },
          },
        },
      },
      Endpoint: {
        Type: "AWS::Lambda::WebFunctionEndpoint",
        DependsOn: "Function",
        Properties: {
          FunctionName,
          EndpointName: "experiment",
          EndpointType: "HomeRegion",
          AuthType,
          RevisionWeights: [
            { RevisionId: { "Fn::GetAtt": ["Revision", "RevisionId"] }, Weight: 100 },
          ],
          ScalingConfig: { MaxEnvironments: 5 },
        },
      },
    });
    const logs = run.all("LogGroup").map(({ inputs }) => inputs);
    expect(logs).toContainEqual({
      name: `/aws/lambda/web/${NAME}-web-1.local`,
      retentionInDays: 7,
      tags: TAGS,
    });
  },
);

test.each([
  // Lambda could not end an instance that it has started.
  ["RolePolicyAttachment", "CapacityProvider"],
  // The URL would serve a version whose environments are not those that were asked for.
  ["FunctionScalingConfig", "Alias"],
  ["BucketVersioning", "BucketObjectv2"],
  ["BucketPublicAccessBlock", "BucketPolicy"],
  ["BucketPolicy", "Stack"],
  // A role that was made just now cannot be assumed.
  ["Role", "Bucket"],
  // The first lines of the logs would be lost.
  ["RolePolicy", "Function", "Stack"],
  // The provider adds permissions of its own for the URL.
  ["FunctionUrl", "Permission"],
])("a %s that takes long is waited for by every %s", async (slow, ...types) => {
  const run = new Run();
  run.slowType = slow;
  await runProgram({ ...ALL, urlAuthorization: "NONE" }, run);
  for (const type of types) {
    expect(run.all(type)).not.toEqual([]);
    for (const { existing } of run.all(type)) expect(existing).toContain(slow);
  }
});

describe("models stand side by side", () => {
  test("another model leaves the resources of the others as they are", async () => {
    const all = await runProgram(ALL);
    for (const models of ["on-demand", "managed-instances", "web-function,on-demand"]) {
      const some = await runProgram({ models });
      for (const { type, name, inputs } of some.registered) {
        if (type.startsWith("pulumi:")) continue;
        expect(
          all.registered.filter((resource) => resource.type === type && resource.name === name),
        ).toMatchObject([{ inputs: comparable(inputs) }]);
      }
    }
  });

  test("the outputs list all, and those at the top are of the first", async () => {
    const { outputs } = await runProgram(ALL);
    const common = {
      authorization: "AWS_IAM",
      region: "eu-west-1",
      maxHoldMs: 60_000,
      generation: 1,
    };
    expect(outputs.targets).toEqual([
      expect.objectContaining({ ...common, model: "on-demand", deployment: outputs.codeSha256 }),
      {
        ...common,
        model: "managed-instances",
        url: "https://abc.lambda-url.eu-west-1.on.aws/",
        functionName: MANAGED,
        logGroupName: `/aws/lambda/${NAME}-managed-1`,
        deployment: expect.stringMatching(/^[0-9a-f]{64}$/),
        instanceType: "m7g.large",
        minEnvironments: 1,
        maxEnvironments: 1,
        workers: 1,
        maxConcurrency: 64,
        runningSince: "2026-11-30T09:00:00Z",
        usdPerHour: expect.closeTo(0.0816 * 1.15, 6),
      },
      {
        ...common,
        model: "web-function",
        url: "https://abc.def.lambda-web.eu-west-1.on.aws/",
        functionName: WEB,
        logGroupName: `/aws/lambda/web/${NAME}-web-1`,
        deployment: expect.stringMatching(/^[0-9a-f]{64}$/),
        maxEnvironments: 2,
        maxConcurrency: 64,
      },
    ]);
    const web = await runProgram({ models: "web-function" });
    expect(web.outputs).toMatchObject({ functionName: WEB, codeSha256: undefined });
    expect(web.outputs).toMatchObject({ memoryMb: undefined, maxHoldMs: 60_000 });
  });

  test("what settles sharing tells deployments apart", async () => {
    const hashes = new Set<unknown>();
    for (const changes of [
      {},
      { managedInstancesWorkers: "2" },
      { managedInstancesMaxConcurrency: "5" },
      { managedInstancesMaxEnvironments: "2" },
      { models: "web-function" },
      { models: "web-function", webFunctionMaxConcurrency: "5" },
    ]) {
      const { outputs } = await runProgram({ models: "managed-instances", ...changes });
      const [target] = outputs.targets as { deployment: string }[];
      hashes.add(target?.deployment);
    }
    expect(hashes.size).toBe(6);
  });
});

/** The statements of a policy, given as an object or as its text. */
function statementsIn(policy: unknown): Record<string, unknown>[] {
  return (typeof policy === "string" ? JSON.parse(policy) : policy).Statement;
}

describe("least privilege", () => {
  test("functions may write their own logs, and nobody may do anything that is not asserted here", async () => {
    const run = await runProgram(ALL);
    const rights = run.all("RolePolicy").flatMap(({ inputs }) => statementsIn(inputs.policy));
    for (const { Effect, Action } of rights) {
      expect([Effect, Action]).toEqual(["Allow", ["logs:CreateLogStream", "logs:PutLogEvents"]]);
    }
    const written = [...LOG_GROUPS, `${LOG_GROUPS[2]}.local`].map(
      (name) => `${logGroupArn(name)}:*`,
    );
    expect(rights.flatMap(({ Resource }) => Resource).toSorted()).toEqual(written.toSorted());
    const taken = run.all("Role").map(({ inputs }) => statementsIn(inputs.assumeRolePolicy));
    const Principal = { Service: "lambda.amazonaws.com" };
    expect(taken).toEqual(
      Array(4).fill([{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }]),
    );
    expect(run.all("LogGroup").map(({ inputs }) => inputs.retentionInDays)).toEqual([7, 7, 7, 7]);
    // The inputs of the others are compared above, and the URL of on-demand with its other resources.
    const types = run.registered.map(({ type }) => type);
    expect(
      types.filter((type) => /Role|Permission|Polic|Security|Url/.test(type)).toSorted(),
    ).toEqual([
      ...["BucketPolicy", "FunctionUrl", "FunctionUrl", "Role", "Role", "Role", "Role"],
      ...["RolePolicy", "RolePolicy", "RolePolicy", "RolePolicyAttachment", "SecurityGroup"],
    ]);
  });

  test("callers may use what is deployed through its URLs, and ask what the runner asks", async () => {
    const { outputs } = await runProgram(ALL);
    const lambda = "arn:aws:lambda:eu-west-1:123456789012";
    const functions = [
      `${lambda}:function:${NAME}-1a2b3c4`,
      `${lambda}:function:${MANAGED}`,
      `${lambda}:function:${MANAGED}:live`,
    ];
    const endpoint = `${lambda}:web-function/${WEB}/endpoint/e`;
    const throughUrl = { Bool: { "lambda:InvokedViaFunctionUrl": "true" } };
    const logs = LOG_GROUPS.map((name) => `${logGroupArn(name)}:*`);
    const statements = statementsIn(outputs.callerPolicy).map(({ Sid, ...others }) => others);
    expect(statements).toEqual(
      [
        { Action: "lambda:InvokeFunctionUrl", Resource: functions },
        { Action: "lambda:InvokeFunction", Resource: functions, Condition: throughUrl },
        { Action: "lambda:InvokeWebFunctionEndpoint", Resource: endpoint },
        { Action: "lambda:GetAccountSettings", Resource: "*" },
        { Action: "logs:FilterLogEvents", Resource: logs },
      ].map((statement) => ({ Effect: "Allow", ...statement })),
    );
  });
});

test.each<[string, Record<string, string>, ConstructorParameters<typeof Run>[0], RegExp]>([
  [
    "a region without Web Functions",
    { models: "on-demand,web-function" },
    { region: "af-south-1" },
    /models names web-function, which AWS does not offer in af-south-1; run: pulumi config set models on-demand /,
  ],
  [
    "a region without Managed Instances",
    { models: "managed-instances" },
    { region: "me-central-1" },
    /models names managed-instances, .* in me-central-1; run: pulumi config set models on-demand /,
  ],
  [
    "a partition without either",
    ALL,
    { region: "cn-north-1", partition: "aws-cn" },
    /models names managed-instances and web-function, .* in cn-north-1; /,
  ],
  [
    "a region without a default VPC",
    { models: "managed-instances" },
    { defaultVpcs: [] },
    /no default VPC; .*; run: pulumi config set managedInstancesSubnets 'subnet-…' --stack dev$/,
  ],
  [
    "a region whose default subnets are in other zones",
    { models: "managed-instances" },
    { defaultSubnets: [] },
    /no default subnet is in a zone that offers m7g\.large, which are eu-west-1a, eu-west-1b; /,
  ],
  [
    "an instance type that the region lacks",
    { models: "managed-instances" },
    { zones: [] },
    /managedInstancesType is m7g\.large, which no zone of this region offers/,
  ],
  [
    "a subnet in a zone without the type",
    { models: "managed-instances", managedInstancesSubnets: "subnet-0a1b2c3d" },
    { subnetZone: "eu-west-1c" },
    /managedInstancesSubnets names subnet-0a1b2c3d, which is in eu-west-1c, where there is no m7g\.large as in eu-west-1a, eu-west-1b; run: .* managedInstancesSubnets none /,
  ],
  [
    "a subnet that is not there",
    { models: "managed-instances", managedInstancesSubnets: "subnet-0a1b2c3d,subnet-0bad0000" },
    {},
    /names subnet-0bad0000, which cannot be used: .*does not exist; run: .* managedInstancesSubnets subnet-0a1b2c3d /,
  ],
  [
    "subnets of two VPCs",
    { models: "managed-instances", managedInstancesSubnets: "subnet-0a1b2c3d,subnet-0a1b2c3e" },
    {},
    /names subnet-0a1b2c3e, which is in another VPC than subnet-0a1b2c3d; run: .* managedInstancesSubnets subnet-0a1b2c3d /,
  ],
  [
    "a security group of another VPC",
    { models: "managed-instances", managedInstancesSecurityGroup: "sg-0a1b2c3d" },
    {},
    /managedInstancesSecurityGroup is of vpc-2, and the subnets are of vpc-1; run: .* managedInstancesSecurityGroup none /,
  ],
])("%s is refused before anything is created", async (_, changes, place, message) => {
  const run = new Run(place);
  await expect(runProgram(changes, run)).rejects.toThrow(message);
  expect(run.registered).toEqual([]);
});

/** Inputs without the archives of code, which are compared by their files elsewhere. */
function comparable({ code, source, ...inputs }: Record<string, unknown>): Record<string, unknown> {
  return inputs;
}
