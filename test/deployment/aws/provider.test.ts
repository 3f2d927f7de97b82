/** The stand-in behaves as pulumi-aws and AWS do: a test that passes on it says something. */

import { afterEach, expect, test } from "vitest";
import { StandInAws } from "../stand-in-aws.ts";
import { ASSET_OR_ARCHIVE, type Properties, SIGNATURE, UNKNOWN } from "./properties.ts";
import type { ProviderAnswer } from "./provider.ts";

const TYPES = {
  function: "aws:lambda/function:Function",
  url: "aws:lambda/functionUrl:FunctionUrl",
  permission: "aws:lambda/permission:Permission",
  alias: "aws:lambda/alias:Alias",
  provisioned: "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
  role: "aws:iam/role:Role",
  policy: "aws:iam/rolePolicy:RolePolicy",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
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
  alias: { name: "a", functionName: "f", functionVersion: "1" },
  provisioned: { functionName: "f", qualifier: "a", provisionedConcurrentExecutions: 2 },
  url: { functionName: "f", qualifier: "a", authorizationType: "NONE" },
  permission: {
    function: "f",
    principal: "*",
    action: "lambda:InvokeFunctionUrl",
    functionUrlAuthType: "NONE",
    qualifier: "a",
    statementId: "s",
  },
};
const EVERY = Object.keys(RIGHT) as Type[];

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

function check(type: Type, changes: Properties = {}): Promise<ProviderAnswer> {
  const news = { ...RIGHT[type], ...changes };
  return aws.current.provider({ method: "check", type: TYPES[type], name: "test", news });
}

async function create(type: Type, changes: Properties = {}): Promise<ProviderAnswer> {
  const { inputs = {} } = await check(type, changes);
  return aws.current.provider({ method: "create", type: TYPES[type], news: inputs });
}

/** What is found to change between a state and what is wanted, and whether that takes a new resource. */
async function changes(type: Type, state: Properties, wanted: Properties) {
  const { inputs: news = {} } = await check(type, wanted);
  const answer = await aws.current.provider({ method: "diff", type: TYPES[type], state, news });
  const found = Object.entries(answer.changes ?? {});
  return Object.fromEntries(found.map(([path, { replaces }]) => [path, replaces]));
}

test.each(EVERY)("nothing is wrong with a right %s", async (type) => {
  expect((await check(type)).failures).toEqual([]);
});

test.each<[Type, Properties]>([
  ["function", { memorySize: 127 }],
  ["function", { memorySize: 10_241 }],
  ["function", { timeout: 0 }],
  ["function", { timeout: 901 }],
  ["function", { runtime: "nodejs20.x" }],
  ["function", { architectures: ["arm"] }],
  ["function", { name: "a".repeat(65) }],
  ["function", { reservedConcurrentExecutions: -2 }],
  ["function", { environment: { variables: { AWS_REGION: "here" } } }],
  ["function", { environment: { variables: { A_: "x".repeat(4_096) } } }],
  ["function", { tags: { "aws:mine": "" } }],
  ["function", { tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, ""])) }],
  ["url", { authorizationType: "none" }],
  ["url", { qualifier: "$LATEST" }],
  ["permission", { functionUrlAuthType: undefined }],
  ["permission", { invokedViaFunctionUrl: true }],
  ["permission", { action: "lambda:InvokeFunction" }],
  ["provisioned", { qualifier: "$LATEST" }],
  ["provisioned", { provisionedConcurrentExecutions: 0 }],
  ["role", { assumeRolePolicy: "Allow" }],
  ["role", { tags: { "": "x" } }],
  ["logGroup", { retentionInDays: 8 }],
  ["logGroup", { name: "a b" }],
])("of a %s it refuses %j", async (type, spoilt) => {
  expect((await check(type, spoilt)).failures).toHaveLength(1);
});

test("what is not known yet is judged by nobody", async () => {
  expect((await check("function", { memorySize: UNKNOWN })).failures).toEqual([]);
});

test("what was made is read as it was wanted, and changes nothing", async () => {
  for (const type of EVERY) {
    const { inputs: oldInputs = {} } = await check(type);
    const { id = "", outputs: state = {} } = await create(type);
    const request = { method: "read", type: TYPES[type], id, state, oldInputs } as const;
    const read = await aws.current.provider(request);
    expect(read).toMatchObject({ id, inputs: oldInputs });
    expect(await changes(type, read.outputs ?? {}, {})).toEqual({});
  }
});

test("what is gone is read as gone", async () => {
  for (const type of EVERY) {
    const request = { method: "read", type: TYPES[type], id: "f", state: RIGHT[type] } as const;
    expect(await aws.current.provider(request)).toEqual({ id: "" });
  }
});

test.each<[string, { trust?: string; group?: string }, string]>([
  ["a role that Lambda may not be", { trust: policy("sts:AssumeRole", {}) }, "cannot be assumed"],
  ["a role that may not log", { group: "elsewhere" }, "is not allowed to logs:CreateLogStream"],
])("%s makes no function", async (_, { trust, group = "g" }, message) => {
  await create("logGroup");
  await create("role", trust === undefined ? {} : { assumeRolePolicy: trust });
  await create("policy", { policy: mayLog(group) });
  await expect(create("function")).rejects.toThrow(message);
  expect(aws.current.resources.join()).not.toContain("function");
});

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

test("a change of publish alone publishes a version, and no second one of the same", async () => {
  for (const type of ["logGroup", "role", "policy"] as const) await create(type);
  let { id = "", outputs: state = {} } = await create("function", { publish: false });
  const versions = [state.version];
  for (const publish of [true, false, true]) {
    const { inputs: news = {} } = await check("function", { publish });
    const request = { method: "update", type: TYPES.function, id, state, news } as const;
    ({ outputs: state = {} } = await aws.current.provider(request));
    versions.push(state.version);
  }
  expect(versions).toEqual(["$LATEST", "1", "1", "1"]);
});

test("permissions wait for each other, but those of an open URL are refused meanwhile", async () => {
  for (const type of ["logGroup", "role", "policy", "function", "alias"] as const) {
    await create(type);
  }
  const pair = ["first", "second"].map((statementId) => create("permission", { statementId }));
  await Promise.all(pair);
  let url: ProviderAnswer | undefined;
  const creation = create("url").then((answer) => {
    url = answer;
  });
  for (let count = 1; url === undefined; count += 1) {
    await create("permission", { statementId: `s${count}` });
  }
  await creation;
  expect(url).toMatchObject({
    id: "f/a",
    reason: expect.stringMatching(/^ResourceConflictException/),
  });
  const ids = aws.current.lambda.functionNamed("f").policy.map(({ statementId }) => statementId);
  expect(ids).toEqual(expect.arrayContaining(["first", "second"]));
  expect(ids.join()).not.toContain("FunctionURL");
});

test("more environments than are reserved are not kept ready", async () => {
  for (const type of ["logGroup", "role", "policy"] as const) await create(type);
  await create("function", { reservedConcurrentExecutions: 1 });
  await create("alias");
  await expect(create("provisioned")).rejects.toThrow("should not be greater than");
});

test.each<[Type, Properties, Record<string, boolean>]>([
  ["function", { code: { ...CODE, assets: {} } }, {}],
  ["function", { code: { ...CODE, hash: "2" } }, { code: false }],
  ["function", { memorySize: 256 }, { memorySize: false }],
  ["function", { architectures: ["arm64"] }, { architectures: false }],
  ["function", { name: "g" }, { name: true }],
  ["function", { tags: {} }, {}],
  ["url", { authorizationType: "AWS_IAM" }, { authorizationType: false }],
  ["url", { qualifier: undefined }, { qualifier: true }],
  ["permission", { principal: "123456789012" }, { principal: true }],
  ["policy", { policy: mayLog("g").replace(",", ", ") }, {}],
  ["logGroup", { retentionInDays: 14 }, { retentionInDays: false }],
])("of a %s, %j changes what it should: %j", async (type, wanted, expected) => {
  const { inputs: state = {} } = await check(type);
  expect(await changes(type, state, wanted)).toEqual(expected);
});
