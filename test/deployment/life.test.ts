/** The life of a stack, by the commands that a user types. */

import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { callSigned, callUnsigned } from "./call-url.ts";
import { boundless, grantsOf, privilegesIn } from "./privileges.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { type CommandResult, describeDeployment, Workspace } from "./workspace.ts";

/** What the stack is made of, in the order in which it can be made. */
const CREATION = [
  "CreateLogGroup",
  "PutRetentionPolicy",
  "CreateRole",
  "PutRolePolicy",
  "CreateFunction",
  "CreateFunctionUrlConfig",
];

describeDeployment("the life of a stack", () => {
  test("up deploys a function that answers, and destroy leaves nothing", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    const printed: CommandResult[] = [];
    const pulumi = async (...args: string[]) => {
      const result = await workspace.run("pulumi", ...args);
      printed.push(result);
      expect(result).toMatchObject({ code: 0 });
      return result.stdout;
    };

    expect(await pulumi("up", "--yes")).toContain("7 created");
    expect(aws.account.takeCalls().toSorted()).toEqual(CREATION.toSorted());
    const outputs = JSON.parse(await pulumi("stack", "output", "--json"));
    expect(outputs).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
      urlAuthorization: "AWS_IAM",
      functionName: expect.stringMatching(/^lambda-concurrency-test-[0-9a-f]{7}$/),
      region: "eu-west-1",
      logGroupName: expect.stringMatching(/^\/aws\/lambda\/lambda-concurrency-test-\d{17}/),
      memoryMb: 128,
      architecture: "arm64",
      timeoutSeconds: 65,
      maxHoldMs: 60_000,
      generation: 1,
      reservedConcurrency: "none",
      provisionedConcurrency: "none",
      codeSha256: expect.stringMatching(/^[\w+/]{43}=$/),
    });
    expect(await pulumi("stack", "output", "url")).toBe(`${outputs.url}\n`);
    expectLeastPrivilege(await pulumi("stack", "export"), outputs);

    const { status, answer } = await callSigned(outputs.url, aws.account);
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      client: "Ana",
      globalData: { counter: 1, client: "Ana", clients: ["Ana"] },
      message: "ok",
      environment: { memoryMb: 128, region: "eu-west-1", coldStart: true },
    });
    expect(answer.environment?.id).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    expect(await callUnsigned(outputs.url)).toMatchObject({
      status: 403,
      body: expect.stringContaining("Forbidden"),
    });

    expect(await pulumi("preview", "--diff")).toContain("7 unchanged");
    expect(await pulumi("up", "--yes")).toContain("7 unchanged");
    expect(aws.account.takeCalls()).toEqual([]);

    const log = JSON.stringify([...aws.logs.groups.values()].map(({ streams }) => streams));
    expect(log).toContain("step 1 of 1");

    expect(await pulumi("destroy", "--yes")).toContain("7 deleted");
    expect(aws.resources).toEqual([]);
    const { deployment } = JSON.parse(await pulumi("stack", "export"));
    expect(deployment.resources ?? []).toEqual([]);
    await expect(callUnsigned(outputs.url)).rejects.toThrow();
    expect(readdirSync(tmpdir()).filter((name) => aws.archives.folders.has(name))).toEqual([]);

    const { secretAccessKey, sessionToken } = aws.account.credentials;
    for (const secret of [secretAccessKey, sessionToken]) {
      expect(log).not.toContain(secret);
      expect(JSON.stringify(printed)).not.toContain(secret);
      for (const text of textsBelow(join(workspace.folder, "state"))) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

/** The function may write its log, signed callers may use the URL, and nobody may do anything else. */
function expectLeastPrivilege(
  exported: string,
  { logGroupName, callerPolicy }: Record<string, string>,
): void {
  const privileges = privilegesIn(exported);
  const logGroup = `arn:aws:logs:eu-west-1:123456789012:log-group:${logGroupName}`;
  expect(privileges).toMatchObject({
    roles: [
      { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${logGroup}:*`] },
    ],
    trust: [{ principal: { Service: "lambda.amazonaws.com" }, actions: ["sts:AssumeRole"] }],
    permissions: [],
    urlAuthorizations: ["AWS_IAM"],
    retentionDays: [7],
  });
  // Nothing else that could allow anything, such as an attached policy of AWS's own.
  expect(privileges.types.toSorted()).toEqual([
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/function:Function",
    "aws:lambda/functionUrl:FunctionUrl",
  ]);
  expect(boundless([...privileges.roles, ...privileges.trust])).toEqual([]);
  // The account's limit belongs to no resource: AWS takes nothing but an asterisk there.
  expect(boundless(grantsOf(callerPolicy))).toEqual([
    { actions: ["lambda:GetAccountSettings"], resources: ["*"] },
  ]);
}

function textsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
