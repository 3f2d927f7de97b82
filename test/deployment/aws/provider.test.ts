/**
 * What of pulumi-aws and AWS the tests of the deployment rest on and is easily got wrong: what stands
 * in the state after a refusal, and what waits for what.
 */

import { afterEach, expect, test } from "vitest";
import { StandInAws } from "../stand-in-aws.ts";
import { ASSET_OR_ARCHIVE, type Properties, SIGNATURE } from "./properties.ts";
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

test("what was made is read as it was wanted, and changes nothing", async () => {
  for (const type of Object.keys(RIGHT) as Type[]) {
    const { inputs: oldInputs = {} } = await check(type);
    const { id = "", outputs: state = {} } = await create(type);
    const request = { method: "read", type: TYPES[type], id, state, oldInputs } as const;
    const read = await aws.current.provider(request);
    expect(read).toMatchObject({ id, inputs: oldInputs });
    expect(await changes(type, read.outputs ?? {}, {})).toEqual({});
  }
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
