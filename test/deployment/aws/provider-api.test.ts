/** The stand-in refuses what pulumi-aws or AWS would: a test that passes on it says something. */

import { expect, test } from "vitest";
import { Account } from "./account.ts";
import { ASSET_OR_ARCHIVE, SIGNATURE } from "./archive.ts";
import { answerProvider } from "./provider-api.ts";
import { type Properties, UNKNOWN } from "./provider-protocol.ts";

const TYPES = {
  function: "aws:lambda/function:Function",
  url: "aws:lambda/functionUrl:FunctionUrl",
  permission: "aws:lambda/permission:Permission",
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
  function: {
    name: "f",
    role: "arn:aws:iam::123456789012:role/r",
    runtime: "nodejs24.x",
    handler: "index.handler",
    code: CODE,
    loggingConfig: { logFormat: "JSON", logGroup: "g" },
  },
  url: { functionName: "f", authorizationType: "AWS_IAM" },
  permission: {
    function: "f",
    principal: "*",
    action: "lambda:InvokeFunctionUrl",
    functionUrlAuthType: "NONE",
  },
  provisioned: { functionName: "f", qualifier: "a", provisionedConcurrentExecutions: 2 },
  role: {
    name: "r",
    assumeRolePolicy: policy("sts:AssumeRole", { Principal: { Service: "lambda.amazonaws.com" } }),
  },
  policy: { name: "p", role: "r", policy: mayLog("g") },
  logGroup: { name: "g", retentionInDays: 7 },
};

function policy(action: string | string[], rest: Properties): string {
  return JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, ...rest }] });
}

function mayLog(group: string): string {
  return policy(["logs:CreateLogStream", "logs:PutLogEvents"], {
    Resource: `arn:aws:logs:eu-west-1:123456789012:log-group:${group}:*`,
  });
}

function create(account: Account, type: Type, changes: Properties = {}) {
  const news = { ...RIGHT[type], ...changes };
  return answerProvider(account, { method: "create", type: TYPES[type], news });
}

async function failuresOf(type: Type, changes: Properties): Promise<string[]> {
  const news = { ...RIGHT[type], ...changes };
  const request = { method: "check", type: TYPES[type], name: "test", news } as const;
  const { failures = [] } = await answerProvider(new Account(), request);
  return failures.map(({ property }) => property);
}

test.each(Object.keys(TYPES) as Type[])("nothing is wrong with a right %s", async (type) => {
  expect(await failuresOf(type, {})).toEqual([]);
});

test.each<[Type, Properties]>([
  ["function", { memory: 128 }],
  ["function", { memorySize: 127 }],
  ["function", { memorySize: 10_241 }],
  ["function", { timeout: 0 }],
  ["function", { timeout: 901 }],
  ["function", { runtime: "nodejs20.x" }],
  ["function", { architectures: ["arm"] }],
  ["function", { name: "a".repeat(65) }],
  ["function", { reservedConcurrentExecutions: -1 }],
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
])("of a %s it refuses %j", async (type, changes) => {
  const failures = await failuresOf(type, changes);
  expect(failures).toHaveLength(1);
});

test("what is not known yet is judged by nobody", async () => {
  expect(await failuresOf("function", { memorySize: UNKNOWN })).toEqual([]);
});

test.each<[string, { trust?: string; group?: string; reserved?: number }, string]>([
  ["a role that Lambda may not be", { trust: policy("sts:AssumeRole", {}) }, "cannot be assumed"],
  ["a role that may not log", { group: "elsewhere" }, "is not allowed to logs:CreateLogStream"],
  ["a reservation of everything", { reserved: 901 }, "below its minimum value of [100]"],
])("%s makes no function", async (_, { trust, group = "g", reserved }, message) => {
  const account = new Account();
  await create(account, "logGroup");
  await create(account, "role", trust === undefined ? {} : { assumeRolePolicy: trust });
  await create(account, "policy", { policy: mayLog(group) });
  const changes = reserved === undefined ? {} : { reservedConcurrentExecutions: reserved };
  await expect(create(account, "function", changes)).rejects.toThrow(message);
  expect(account.resources.join()).not.toContain("function");
});

test("more environments than are reserved are not kept ready", async () => {
  const account = new Account();
  for (const type of ["logGroup", "role", "policy"] as const) await create(account, type);
  await create(account, "function", { publish: true, reservedConcurrentExecutions: 1 });
  account.functionNamed("f").aliases.set("a", "1");
  await expect(create(account, "provisioned")).rejects.toThrow("should not be greater than");
  await account.close();
});

test.each<[Type, Properties, Record<string, boolean>]>([
  ["function", { code: { ...CODE, assets: {} } }, {}],
  ["function", { code: { ...CODE, hash: "2" } }, { code: false }],
  ["function", { memorySize: 256 }, { memorySize: false }],
  ["function", { architectures: ["arm64"] }, { architectures: false }],
  ["function", { name: "g" }, { name: true }],
  ["url", { authorizationType: "NONE" }, { authorizationType: false }],
  ["url", { qualifier: "a" }, { qualifier: true }],
  ["permission", { principal: "123456789012" }, { principal: true }],
  ["logGroup", { retentionInDays: 14 }, { retentionInDays: false }],
])("of a %s, %j changes what it should: %j", async (type, changes, expected) => {
  const olds = RIGHT[type];
  const request = {
    method: "diff",
    type: TYPES[type],
    olds,
    news: { ...olds, ...changes },
  } as const;
  const { changes: found = {} } = await answerProvider(new Account(), request);
  const replacing = Object.entries(found).map(([path, { replaces }]) => [path, replaces]);
  expect(Object.fromEntries(replacing)).toEqual(expected);
});
