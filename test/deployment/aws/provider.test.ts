/**
 * What of pulumi-aws the tests of the deployment rest on and is easily got wrong: what stands in the
 * state after a refusal.
 */

import { afterEach, expect, test } from "vitest";
import { StandInAws } from "../stand-in-aws.ts";
import { ASSET_OR_ARCHIVE, type Properties, SIGNATURE } from "./properties.ts";
import type { ProviderAnswer } from "./provider.ts";

const TYPES = {
  function: "aws:lambda/function:Function",
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
};
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
