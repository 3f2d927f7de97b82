/** The life of a stack, by the commands that a user types. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { callSigned, callUnsigned } from "./call-url.ts";
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

/**
 * What Pulumi knows the resources by. Under other names a stack that is deployed would lose them, and
 * its URL with them.
 */
const URNS = [
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:lambda/function:Function",
  "aws:lambda/functionUrl:FunctionUrl",
].map(
  (type) =>
    "urn:pulumi:dev::lambda-concurrency-test::" +
    `lambda-concurrency-test:infrastructure:ConcurrencyTest$${type}::lambda-concurrency-test`,
);

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
    expect(await pulumi("stack", "output", "url")).toBe(`${outputs.url}\n`);
    expect(urnsIn(await pulumi("stack", "export"))).toEqual(URNS);

    const { status, answer } = await callSigned(outputs.url, aws.account);
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      client: "Ana",
      globalData: { counter: 1, client: "Ana", clients: ["Ana"] },
      message: "ok",
      environment: { memoryMb: 128, region: "eu-west-1", coldStart: true },
    });
    expect(answer.environment?.id).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    expect(await callUnsigned(outputs.url, aws.account)).toMatchObject({
      status: 403,
      body: expect.stringContaining("Forbidden"),
    });

    expect(await pulumi("preview", "--diff")).toContain("7 unchanged");
    expect(await pulumi("up", "--yes")).toContain("7 unchanged");
    expect(aws.account.takeCalls()).toEqual([]);

    const log = JSON.stringify(aws.logs.lines);
    expect(log).toContain("step 1 of 1");

    expect(await pulumi("destroy", "--yes")).toContain("7 deleted");
    expect(aws.account.names).toEqual([]);
    expect(urnsIn(await pulumi("stack", "export"))).toEqual([]);
    await expect(callUnsigned(outputs.url, aws.account)).rejects.toThrow();

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

/** The names of what a stack has of AWS, as `pulumi stack export` prints it. */
function urnsIn(exported: string): string[] {
  const { resources = [] } = (
    JSON.parse(exported) as { deployment: { resources?: { urn: string }[] } }
  ).deployment;
  // What needs nothing of each other is created in any order.
  const urns = resources.map(({ urn }) => urn).filter((urn) => urn.includes("$aws:"));
  return urns.sort();
}

function textsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
