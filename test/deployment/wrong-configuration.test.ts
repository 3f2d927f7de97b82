/** Wrong values: they are refused before anything is made, with the commands that set them right. */

import { expect, test } from "vitest";
import { describeDeployment } from "./describe-deployment.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

/** One wrong value a key of Pulumi.yaml, of those that its types let through. */
const WRONG = {
  memoryMb: "64",
  timeoutSeconds: "901",
  architecture: "arm",
  maxHoldMs: "60001",
  reservedConcurrency: "-1",
  provisionedConcurrency: "0",
  generation: "-1",
  logRetentionDays: "8",
  urlAuthorization: "none",
  namePrefix: "my test",
  tags: "team",
};

/** Values that are allowed, but not together. */
const CONTRADICTION = { timeoutSeconds: "60", maxHoldMs: "60000" };

describeDeployment("a wrong configuration", () => {
  test("is refused as a whole, and the printed commands make it one that deploys", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    const declared = await workspace.expectSuccess("pulumi", "config", "--json");
    expect(Object.keys(WRONG).toSorted()).toEqual(
      Object.keys(JSON.parse(declared))
        .map((key) => key.replace(/^.*:/, ""))
        .toSorted(),
    );
    await set(workspace, WRONG);
    const commands = await refusedCommands(workspace);
    const keys = commands.map((command) => /^pulumi config set (\w+) /.exec(command)?.[1] ?? "");
    expect(keys.toSorted()).toEqual(Object.keys(WRONG).toSorted());
    expect(aws.account.takeCalls()).toEqual([]);

    await workspace.expectSuccess("sh", "-ec", commands.join("\n"));
    await workspace.expectSuccess("pulumi", "preview");
  });

  test("is refused when a key is misspelt, and the printed command takes it away", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    await set(workspace, { memoryMB: "256" });
    const { code, stdout } = await workspace.pulumi("up", "--yes");
    expect(code).not.toBe(0);
    expect(stdout).toContain("memoryMB is no setting of this project (is memoryMb meant?)");
    expect(stdout).not.toMatch(/^\s+at /m);
    expect(aws.account.takeCalls()).toEqual([]);
    const [, remedy = ""] = /; run: pulumi (.+)$/m.exec(stdout) ?? [];
    await workspace.expectSuccess("pulumi", ...remedy.split(" "));
    await workspace.expectSuccess("pulumi", "preview");
  });

  test("is refused when values contradict each other", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    await set(workspace, CONTRADICTION);
    const commands = await refusedCommands(workspace);
    expect(commands).toHaveLength(1);
    expect(aws.account.takeCalls()).toEqual([]);

    await workspace.expectSuccess("sh", "-ec", commands.join("\n"));
    await workspace.expectSuccess("pulumi", "preview");
  });
});

async function set(workspace: Workspace, values: Record<string, string>): Promise<void> {
  for (const [key, value] of Object.entries(values)) {
    await workspace.expectSuccess("pulumi", "config", "set", "--", key, value);
  }
}

/** The commands that `pulumi up` says to run; it must fail, without a stack trace. */
async function refusedCommands(workspace: Workspace): Promise<string[]> {
  const { code, stdout } = await workspace.pulumi("up", "--yes");
  expect(code).not.toBe(0);
  expect(stdout).toContain("This configuration cannot be deployed:");
  expect(stdout).not.toMatch(/^\s+at /m);
  return Array.from(stdout.matchAll(/; run: (pulumi .+)$/gm), ([, command = ""]) => command);
}
