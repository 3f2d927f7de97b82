import { describe, expect, test } from "vitest";
import {
  FUNCTION_ARN,
  FUNCTION_URL,
  LOG_GROUP_ARN,
  PERMISSION,
  ROLE_POLICY,
  runProgram,
} from "./mocked-program.ts";

const EVERYBODY = { function: "lambda-concurrency-test-1a2b3c4", principal: "*" };

describe("who may call the function", () => {
  test("with AWS_IAM the function's own policy permits nobody", async () => {
    const run = await runProgram({ urlAuthorization: "AWS_IAM" });
    expect(run.inputsOf(FUNCTION_URL)).toEqual([
      expect.objectContaining({ authorizationType: "AWS_IAM", invokeMode: "BUFFERED" }),
    ]);
    expect(run.inputsOf(PERMISSION)).toEqual([]);
  });

  test("with NONE anybody may, through the URL and by no other way", async () => {
    const run = await runProgram({ urlAuthorization: "NONE" });
    const permissions = run.inputsOf(PERMISSION);
    expect(permissions).toHaveLength(2);
    expect(permissions).toContainEqual({
      ...EVERYBODY,
      action: "lambda:InvokeFunctionUrl",
      functionUrlAuthType: "NONE",
    });
    expect(permissions).toContainEqual({
      ...EVERYBODY,
      action: "lambda:InvokeFunction",
      invokedViaFunctionUrl: true,
    });
  });

  test("with NONE the permissions wait until the URL is there, for which the provider adds its own", async () => {
    const { registered } = await runProgram({ urlAuthorization: "NONE" });
    const permissions = registered.filter(({ type }) => type === PERMISSION);
    for (const { existing } of permissions) expect(existing).toContain(FUNCTION_URL);
  });

  test("with NONE and provisioned concurrency, that of the alias which the URL is one of", async () => {
    const run = await runProgram({ urlAuthorization: "NONE", provisionedConcurrency: "2" });
    const ofAlias = { ...EVERYBODY, qualifier: "provisioned" };
    const permissions = run.inputsOf(PERMISSION);
    expect(permissions).toHaveLength(2);
    expect(permissions).toContainEqual({
      ...ofAlias,
      action: "lambda:InvokeFunctionUrl",
      functionUrlAuthType: "NONE",
    });
    expect(permissions).toContainEqual({
      ...ofAlias,
      action: "lambda:InvokeFunction",
      invokedViaFunctionUrl: true,
    });
  });
});

test("the role may write to the function's log group and do nothing else", async () => {
  const run = await runProgram();
  expect(run.inputsOf(ROLE_POLICY).map(({ policy }) => JSON.parse(String(policy)))).toEqual([
    {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: `${LOG_GROUP_ARN}:*`,
        },
      ],
    },
  ]);
  expect(run.registered.map(({ type }) => type)).not.toContain(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  );
});

describe("the policy for whoever runs the experiment", () => {
  test("allows what the runner asks of AWS, of this deployment, and nothing else", async () => {
    const { outputs } = await runProgram();
    expect(JSON.parse(String(outputs.callerPolicy))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CallUrl",
          Effect: "Allow",
          Action: "lambda:InvokeFunctionUrl",
          Resource: FUNCTION_ARN,
        },
        {
          Sid: "InvokeThroughUrl",
          Effect: "Allow",
          Action: "lambda:InvokeFunction",
          Resource: FUNCTION_ARN,
          Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
        },
        {
          Sid: "ReadConcurrencyLimit",
          Effect: "Allow",
          Action: "lambda:GetAccountSettings",
          Resource: "*",
        },
        {
          Sid: "ReadLog",
          Effect: "Allow",
          Action: "logs:FilterLogEvents",
          Resource: `${LOG_GROUP_ARN}:*`,
        },
      ],
    });
  });

  test("names the alias as well where the URL is one of an alias", async () => {
    const { outputs } = await runProgram({ provisionedConcurrency: "1" });
    const { Statement } = JSON.parse(String(outputs.callerPolicy));
    const callee = [FUNCTION_ARN, `${FUNCTION_ARN}:provisioned`];
    expect(Statement.slice(0, 2)).toEqual([
      expect.objectContaining({ Action: "lambda:InvokeFunctionUrl", Resource: callee }),
      expect.objectContaining({ Action: "lambda:InvokeFunction", Resource: callee }),
    ]);
  });
});
