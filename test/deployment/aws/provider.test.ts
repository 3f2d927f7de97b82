/**
 * What of pulumi-aws and of AWS the tests of the deployment rest on and is easily got wrong: what stands
 * in the state after a refusal, and what is refused that the program avoids.
 */

import { afterEach, expect, test } from "vitest";
import { StandInAws } from "../stand-in-aws.ts";
import { OPERATOR_POLICY } from "./iam.ts";
import { ASSET_OR_ARCHIVE, type Properties, SIGNATURE } from "./properties.ts";
import type { ProviderAnswer } from "./provider.ts";

const TYPES = {
  function: "aws:lambda/function:Function",
  role: "aws:iam/role:Role",
  policy: "aws:iam/rolePolicy:RolePolicy",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
  operator: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  group: "aws:ec2/securityGroup:SecurityGroup",
  provider: "aws:lambda/capacityProvider:CapacityProvider",
} as const;
type Type = keyof typeof TYPES;

const CODE = {
  [SIGNATURE]: ASSET_OR_ARCHIVE.archive,
  hash: "1",
  assets: { "index.mjs": { [SIGNATURE]: ASSET_OR_ARCHIVE.asset, text: "export {}" } },
};

/** Inputs that are right, of which a test spoils one. */
const RIGHT: Record<Type, Properties> = {
  logGroup: { name: "g", retentionInDays: 7 },
  role: {
    name: "r",
    assumeRolePolicy: policy("sts:AssumeRole", { Principal: { Service: "lambda.amazonaws.com" } }),
  },
  policy: { name: "p", role: "r", policy: mayLog("g") },
  function: {
    name: "f",
    role: "arn:aws:iam::123456789012:role/r",
    runtime: "nodejs24.x",
    handler: "index.handler",
    code: CODE,
    publish: true,
    loggingConfig: { logFormat: "JSON", logGroup: "g" },
  },
  operator: { role: "r", policyArn: OPERATOR_POLICY },
  group: { description: "d", vpcId: "vpc-0d000000" },
  provider: {
    permissionsConfig: { capacityProviderOperatorRoleArn: "arn:aws:iam::123456789012:role/r" },
  },
};

/** What a function on Managed Instances has beside the rest. */
function on(provider: string, architecture: string): Properties {
  const capacityProviderArn = `arn:aws:lambda:eu-west-1:123456789012:capacity-provider:${provider}`;
  const managed = { capacityProviderArn, executionEnvironmentMemoryGibPerVcpu: 2 };
  return {
    memorySize: 2_048,
    architectures: [architecture],
    capacityProviderConfig: { lambdaManagedInstancesCapacityProviderConfig: managed },
  };
}

function policy(action: string | string[], rest: Properties): string {
  return JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, ...rest }] });
}

function mayLog(group: string): string {
  return policy(["logs:CreateLogStream", "logs:PutLogEvents"], {
    Resource: `arn:aws:logs:eu-west-1:123456789012:log-group:${group}:*`,
  });
}

const aws = { current: new StandInAws() };
afterEach(async () => {
  await aws.current.close();
  aws.current = new StandInAws();
});

/** @param name of the resource in the program */
function check(type: Type, changes: Properties = {}, name = "test"): Promise<ProviderAnswer> {
  const news = { ...RIGHT[type], ...changes };
  return aws.current.provider({ method: "check", type: TYPES[type], name, news });
}

async function create(type: Type, changes: Properties = {}): Promise<ProviderAnswer> {
  const { inputs = {} } = await check(type, changes);
  return aws.current.provider({ method: "create", type: TYPES[type], news: inputs });
}

test("a refusal after the creation leaves the function, and the wanted values in the state", async () => {
  for (const type of ["logGroup", "role", "policy"] as const) await create(type);
  const { id, outputs, reason } = await create("function", { reservedConcurrentExecutions: 901 });
  expect(reason).toContain("below its minimum value of [100]");
  expect({ id, outputs }).toMatchObject({
    id: "f",
    outputs: { reservedConcurrentExecutions: 901 },
  });
  expect(aws.current.resources).toContain("function f");
});

test("a refused update leaves in the state the wanted values, but the code that is there", async () => {
  for (const type of ["logGroup", "role", "policy"] as const) await create(type);
  const { id = "", outputs: state = {} } = await create("function");
  const wanted = { role: "arn:aws:iam::123456789012:role/other", code: { ...CODE, hash: "2" } };
  const { inputs: news = {} } = await check("function", wanted);
  const type = TYPES.function;
  const refused = await aws.current.provider({ method: "update", type, id, state, news });
  expect(refused.reason).toContain("cannot be assumed");
  expect(refused.outputs).toMatchObject({ role: wanted.role, code: { hash: "1" } });
});

test("a version keeps its capacity provider, and one of another architecture is refused before the code comes", async () => {
  for (const type of ["logGroup", "role", "policy", "operator"] as const) await create(type);
  const { id: group } = await create("group");
  for (const [name, architecture, instanceType, subnet] of [
    ["first", "arm64", "m7g.large", "subnet-0da00000"],
    ["second", "arm64", "m7g.large", "subnet-0db00000"],
    ["third", "x86_64", "c7i.xlarge", "subnet-0dc00000"],
  ]) {
    await create("provider", {
      name,
      vpcConfig: { subnetIds: [subnet], securityGroupIds: [group] },
      instanceRequirements: [
        { architectures: [architecture], allowedInstanceTypes: [instanceType] },
      ],
    });
  }
  const { id = "", outputs: state = {} } = await create("function", on("first", "arm64"));
  const type = TYPES.function;
  const update = async (changes: Properties) => {
    const { inputs: news = {} } = await check("function", changes);
    return aws.current.provider({ method: "update", type, id, state, news });
  };
  const remove = (provider: string) =>
    aws.current.provider({ method: "delete", type: TYPES.provider, id: provider });

  const { reason } = await update(on("third", "x86_64"));
  expect(reason).toContain(
    "The architecture of the function must be that of its capacity provider",
  );
  expect(await update(on("second", "arm64"))).toMatchObject({ outputs: { version: "2" } });
  await expect(remove("first")).rejects.toThrow("first remove its association");
  await remove("third");
  await aws.current.provider({ method: "delete", type, id });
  for (const provider of ["first", "second"]) await remove(provider);
  expect(aws.current.resources.filter((name) => name.startsWith("capacity"))).toEqual([]);
});

test("a name that AWS would not take is refused, and not cut", async () => {
  const name = "x".repeat(56);
  const unnamed = { name: undefined };
  expect(await check("role", unnamed, name)).toMatchObject({ failures: [] });
  await expect(check("role", unnamed, `${name}x`)).rejects.toThrow(
    `name '${name}x-' plus 7 random chars is longer than maximum length 64`,
  );
  expect(await check("group", {}, "sg-x")).toMatchObject({ failures: [{ property: "name" }] });
});
