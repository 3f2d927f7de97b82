/** All three models in one stack: deployed by the commands that a user types, changed and destroyed. */

import { expect, test } from "vitest";
import type { DeployedTarget } from "../../basics/deployed-targets.ts";
import type { Answer } from "../../handler/contract.ts";
import { drawn, inputs } from "../effort.ts";
import { linesOf } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";
import { callSigned, callUnsigned } from "./call-url.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { deployed, describeDeployment, Workspace } from "./workspace.ts";

const ALL = "on-demand,managed-instances,web-function";

/** How many times the models are fired at, each time with environments that are chosen otherwise. */
const SEEDS = inputs(1, 20);

/** What the stack exports, of which these parts are looked at. */
interface Outputs {
  targets: [DeployedTarget, DeployedTarget, DeployedTarget];
}

/** What each target answers, once it does. */
function answersOf(targets: readonly DeployedTarget[], { account }: StandInAws): Promise<Answer[]> {
  const answerOf = async ({ url }: DeployedTarget) => {
    const { status, answer } = await callSigned(url, account);
    return status === 200 && (answer as Answer);
  };
  return Promise.all(targets.map((target) => waitUntil("an answer", () => answerOf(target))));
}

/**
 * Fires at all models, each of which must get the verdict that its construction implies.
 *
 * @returns what was printed
 */
async function fireAtAll(workspace: Workspace, hold: string): Promise<string> {
  const experiment = ["experiment", "--", "--target", "stack", "--model", "all", "--hold", hold];
  const stdout = await workspace.expectSuccess("npm", "run", "-s", ...experiment);
  const rows = stdout.matchAll(/^ *([a-z-]+) .* (isolated|shared|inconclusive)\b.*$/gm);
  expect(Array.from(rows, ([, model, verdict]) => [model, verdict])).toEqual([
    ["on-demand", "isolated"],
    ["managed-instances", "shared"],
    ["web-function", "shared"],
  ]);
  return stdout;
}

/** Fires at all models from the screen, whose one look tells the story. */
async function fireOnScreen(workspace: Workspace): Promise<void> {
  const terminal = workspace.openScreen({ columns: 120, rows: 40 });
  await terminal.shows(/Test +stack dev · on-demand\n Deployed on AWS[\s\S]*⏎ fire/);
  terminal.press("a");
  const ended = await terminal.shows(/ISOLATED .* SHARED .* SHARED[\s\S]*a fire again/);
  expect(ended).toMatch(/Test +stack dev · all models\n Deployed on AWS/);
  expect(ended).toMatch(
    /Managed Instances: from \$0\.094 an hour since [-\d]+ [:\d]+, \$0\.\d+ so far/,
  );
  expect(ended).toMatch(/on-demand +managed-instances +web-function\n/);
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  // The terminal breaks the sentence wherever a line is full.
  expect(terminal.lines.join("")).toMatch(
    /billed, used or not: at *least *about *\$0\.094.*"pulumi *destroy *--stack *dev" *ends *it/,
  );
}

/** Fires at the on-demand function, and before that at the stack's own control. */
async function fireWithControl(workspace: Workspace): Promise<void> {
  const experiment = ["experiment", "--", "--target", "stack", "--control", "--hold", "300ms"];
  const lines = linesOf(await workspace.expectSuccess("npm", "run", "-s", ...experiment, "--json"));
  const runs = lines.filter((line) => line.type === "run");
  expect(runs.map(({ role, target }) => [role, target])).toEqual([
    // One makes it warm.
    ...Array(3).fill([
      "control",
      expect.objectContaining({ kind: "stack", model: "web-function" }),
    ]),
    ...Array(2).fill([
      "experiment",
      expect.objectContaining({ kind: "stack", model: "on-demand" }),
    ]),
  ]);
  const verdicts = lines.filter((line) => line.type === "verdict" && line.run === null);
  expect(verdicts).toMatchObject([{ role: "control", verdict: "shared" }, { verdict: "isolated" }]);
}

describeDeployment("a stack of three models", () => {
  test("answers, changes and loses each model by itself, and destroy leaves nothing", async () => {
    const { aws, workspace, outputs } = await deployed({ models: ALL });
    const { targets } = outputs as unknown as Outputs;
    expect(targets.map(({ model }) => model)).toEqual(ALL.split(","));
    expect(outputs.url).toBe(targets[0].url);

    // Instances that are new do not answer at once.
    expect(await fireAtAll(workspace, "500ms")).toMatch(/answered after \d+ s/);
    // Whichever environments take the requests.
    for (let round = 1; round < SEEDS; round++) {
      for (const { url } of aws.account.all("FunctionUrl")) await url?.recycle();
      await fireAtAll(workspace, "300ms");
    }

    for (const fire of drawn([fireOnScreen, fireWithControl], 1)) await fire(workspace);

    const [, managed, web] = targets;
    for (const { url } of [managed, web]) {
      expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 403 });
    }
    expect(await callSigned(web.url, aws.account, false)).toMatchObject({ status: 403 });
    const first = await answersOf(targets, aws);
    expect(first.map(({ environment }) => environment?.initializationType)).toEqual([
      ...["on-demand", "lambda-managed-instances", "native-http"],
    ]);
    aws.account.takeCalls();

    expect(await workspace.expectSuccess("pulumi", "up", "--yes")).toContain("30 unchanged");
    expect(aws.account.takeCalls()).toEqual([]);

    // A new generation is new environments, and an older version keeps no more than it had. Open URLs
    // are what they were before.
    await workspace.configure({ generation: "2", urlAuthorization: "NONE" });
    expect(await workspace.up()).toMatch(/warning: .*3 .*anybody/);
    const calls = aws.account.takeCalls().filter((call) => call !== "AddPermission");
    expect(calls.filter((call) => call.includes("WebFunction"))).toEqual([
      ...["CreateWebFunctionRevision", "UpdateWebFunctionEndpoint", "DeleteWebFunctionRevision"],
    ]);
    expect(calls.filter((call) => !call.includes("WebFunction")).toSorted()).toEqual([
      ...["PublishVersion", "PutFunctionScalingConfig", "UpdateAlias"],
      ...["UpdateFunctionConfiguration", "UpdateFunctionConfiguration"],
      ...["UpdateFunctionUrlConfig", "UpdateFunctionUrlConfig", "UpdateStack"],
    ]);
    const scaled = aws.account.all("FunctionScalingConfig").map(({ properties }) => properties);
    expect(scaled).toMatchObject(
      ["1", "2"].map((qualifier) => ({
        qualifier,
        functionScalingConfig: { minExecutionEnvironments: 1 },
      })),
    );
    const second = await answersOf(targets, aws);
    expect(second.map(({ globalData }) => globalData.counter)).toEqual([1, 1, 1]);
    const instances = [...first, ...second].map(({ environment }) => environment?.instance);
    expect(new Set(instances).size).toBe(6);
    for (const { url } of targets) {
      expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 200 });
    }

    // Two versions stay on the instances that they were published on, so others take another function.
    await workspace.configure({
      managedInstancesType: "c7i.xlarge",
      managedInstancesMaxVcpus: "16",
      managedInstancesSubnets: "subnet-0cc00000",
      managedInstancesSecurityGroup: "sg-0c000000",
    });
    await workspace.up();
    const replacing = aws.account.takeCalls().filter((call) => call !== "AddPermission");
    expect(replacing.toSorted()).toEqual([
      ...["CreateAlias", "CreateCapacityProvider", "CreateFunction", "CreateFunctionUrlConfig"],
      ...["DeleteAlias", "DeleteCapacityProvider", "DeleteFunction", "DeleteFunctionUrlConfig"],
      ...[
        "DeleteSecurityGroup",
        "PutFunctionScalingConfig",
        "RemovePermission",
        "RemovePermission",
      ],
    ]);
    const after = (await workspace.outputs()) as unknown as Outputs;
    const newUrl = expect.not.stringContaining(managed.url);
    expect(after.targets).toMatchObject([
      { url: targets[0].url },
      { url: newUrl, instanceType: "c7i.xlarge" },
      { url: web.url },
    ]);
    expect(aws.account.names.join("\n")).not.toContain(managed.functionName);
    expect(aws.account.names.filter((name) => name.startsWith("CapacityProvider"))).toHaveLength(1);
    const moved = await waitUntil("an answer", async () => {
      const { status, answer } = await callUnsigned(after.targets[1].url, aws.account);
      return status === 200 && answer;
    });
    expect(moved).toMatchObject({ globalData: { counter: 1 } });

    // The other models are not touched, and stay warm.
    await workspace.configure({ models: "on-demand,web-function" });
    await workspace.up();
    expect(aws.account.takeCalls().toSorted()).toEqual([
      ...["DeleteAlias", "DeleteCapacityProvider", "DeleteFunction", "DeleteFunctionUrlConfig"],
      ...["DeleteLogGroup", "DeleteRole", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy"],
      ...["RemovePermission", "RemovePermission"],
    ]);
    expect(aws.account.names.join("\n")).not.toMatch(/managed|SecurityGroup/);
    const left = [targets[0], web];
    expect((await workspace.outputs()).targets).toEqual([
      ...left.map(({ model, url }) => expect.objectContaining({ model, url, generation: 2 })),
    ]);
    const third = await answersOf(left, aws);
    expect(third.map(({ globalData }) => globalData.counter)).toEqual([3, 3]);

    await workspace.expectSuccess("pulumi", "destroy", "--yes", "--skip-preview");
    expect(aws.account.names).toEqual([]);
  });

  test("that AWS refuses half-way is destroyed with all that is there", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    // The longest names that AWS takes.
    const models = "managed-instances,web-function";
    await workspace.configure({ models, namePrefix: `x${"-y".repeat(19)}` });
    aws.account.forbidden.add("PutFunctionScalingConfig").add("CreateWebFunctionEndpoint");
    const said = await workspace.refusedUp("--skip-preview");
    expect(said).toMatch(/not authorized to perform: (PutFunctionScalingConfig|CreateWebFunction)/);
    expect(aws.account.takeCalls()).toContain("CreateCapacityProvider");
    await workspace.expectSuccess("pulumi", "destroy", "--yes", "--skip-preview");
    expect(aws.account.names).toEqual([]);
  });
});
