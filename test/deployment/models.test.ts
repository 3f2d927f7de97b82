/** All three models in one stack: deployed by the commands that a user types, changed and destroyed. */

import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import type { Answer } from "../../handler/contract.ts";
import type { DeployedTarget } from "../../infrastructure/targets.ts";
import { drawn, inputs } from "../effort.ts";
import { linesOf } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";
import { OPERATOR_POLICY } from "./aws/iam.ts";
import { callSigned, callUnsigned } from "./call-url.ts";
import { boundless, grantsOf, privilegesIn } from "./privileges.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { deployed, describeDeployment, Workspace } from "./workspace.ts";

const ALL = "on-demand,managed-instances,web-function";

/** How many times the models are fired at, each time with environments that are chosen otherwise. */
const SEEDS = inputs(1, 20);

/** What the stack exports, of which these parts are looked at. */
interface Outputs {
  targets: [DeployedTarget, DeployedTarget, DeployedTarget];
  callerPolicy: string;
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
    const { targets, callerPolicy } = outputs as unknown as Outputs;
    expect(targets).toEqual([
      expect.objectContaining({ model: "on-demand", region: "eu-west-1", memoryMb: 128 }),
      expect.objectContaining({
        model: "managed-instances",
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
        functionName: expect.stringMatching(/^lambda-concurrency-test-managed-[0-9a-f]{7}$/),
        logGroupName: expect.stringMatching(
          /^\/aws\/lambda\/lambda-concurrency-test-managed-\d{17}/,
        ),
        instanceType: "m7g.large",
        ...{ minEnvironments: 1, maxEnvironments: 1, workers: 1, maxConcurrency: 64 },
        runningSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      }),
      expect.objectContaining({
        model: "web-function",
        url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/$/),
        functionName: expect.stringMatching(/^lambda-concurrency-test-web-[0-9a-f]{7}$/),
        logGroupName: expect.stringMatching(
          /^\/aws\/lambda\/web\/lambda-concurrency-test-web-\d{17}/,
        ),
        ...{ maxEnvironments: 2, maxConcurrency: 64 },
      }),
    ]);
    expect(outputs.url).toBe(targets[0].url);
    expectLeastPrivilege(
      await workspace.expectSuccess("pulumi", "stack", "export"),
      targets,
      callerPolicy,
    );

    // Instances that are new do not answer at once.
    expect(await fireAtAll(workspace, "500ms")).toMatch(/answered after \d+ s/);
    // Whichever environments take the requests.
    for (let round = 1; round < SEEDS; round++) {
      for (const { urls } of aws.lambda.functions.values()) {
        for (const url of urls.values()) await url.recycle();
      }
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
    const { environments } = aws.lambda.functionNamed(managed.functionName);
    expect(environments).toEqual({ "1": 1, "2": 1 });
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
    expect(aws.resources.join("\n")).not.toContain(managed.functionName);
    expect(aws.resources.filter((name) => name.startsWith("capacity provider"))).toHaveLength(1);
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
    expect(aws.resources.join("\n")).not.toMatch(/managed|security group/);
    const left = [targets[0], web];
    expect((await workspace.outputs()).targets).toEqual([
      ...left.map(({ model, url }) => expect.objectContaining({ model, url, generation: 2 })),
    ]);
    const third = await answersOf(left, aws);
    expect(third.map(({ globalData }) => globalData.counter)).toEqual([3, 3]);

    await workspace.expectSuccess("pulumi", "destroy", "--yes", "--skip-preview");
    expect(aws.resources).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => aws.archives.folders.has(name))).toEqual([]);
  });

  const refusals: [string, () => Promise<void>][] = [
    [
      "that AWS refuses half-way is destroyed with all that is there",
      async () => {
        const aws = await StandInAws.start();
        const workspace = await Workspace.create(aws);
        // The longest names that AWS takes.
        const models = "managed-instances,web-function";
        await workspace.configure({ models, namePrefix: `x${"-y".repeat(19)}` });
        aws.account.forbidden.add("PutFunctionScalingConfig").add("CreateWebFunctionEndpoint");
        const said = await workspace.refusedUp("--skip-preview");
        expect(said).toMatch(
          /not authorized to perform (PutFunctionScalingConfig|CreateWebFunction)/,
        );
        expect(aws.account.takeCalls()).toContain("CreateCapacityProvider");
        await workspace.expectSuccess("pulumi", "destroy", "--yes", "--skip-preview");
        expect(aws.resources).toEqual([]);
        expect(readdirSync(tmpdir()).filter((name) => aws.archives.folders.has(name))).toEqual([]);
      },
    ],

    [
      "is refused where there is no network or no such model, with what sets it right",
      async () => {
        const aws = await StandInAws.start();
        const workspace = await Workspace.create(aws);
        await workspace.configure({ models: ALL });
        aws.ec2.vpcs.delete("vpc-0d000000");
        expect(await workspace.refusedUp()).toMatch(
          /no default VPC; name the subnets .*: pulumi config set managedInstancesSubnets/,
        );
        await workspace.configure({ managedInstancesSubnets: "subnet-0bad0000" });
        expect(await workspace.refusedUp()).toMatch(
          /managedInstancesSubnets .*The subnet ID 'subnet-0bad0000' does not exist/,
        );
        aws.account.region = "me-south-1";
        const lacking = await workspace.refusedUp();
        expect(lacking).toMatch(
          /models names managed-instances and web-function, .* in me-south-1/,
        );
        const [, remedy = ""] = /; run: (pulumi .+)$/m.exec(lacking) ?? [];
        await workspace.expectSuccess("sh", "-ec", `${remedy} && pulumi preview`);
        expect(aws.account.takeCalls()).toEqual([]);
      },
    ],
  ];

  test.each(drawn(refusals, 1))("%s", (_, see) => see());
});

/**
 * Functions may write their logs, AWS may run instances by the policy that is made for it, Lambda may
 * read the code, and signed callers may use the URLs. Nobody may do anything else.
 */
function expectLeastPrivilege(
  exported: string,
  targets: Outputs["targets"],
  callerPolicy: string,
): void {
  const account = "eu-west-1:123456789012";
  const { types, roles, buckets, networks, ...privileges } = privilegesIn(exported);
  const [onDemand, managed, web] = targets;
  const groups = targets.map(({ logGroupName }) => logGroupName);
  const streamsOf = (group: string) => `arn:aws:logs:${account}:log-group:${group}:*`;
  const resources = [...groups, `${web.logGroupName}.local`].map(streamsOf);
  expect(new Set(roles.flatMap(({ actions }) => actions))).toEqual(
    new Set(["logs:CreateLogStream", "logs:PutLogEvents"]),
  );
  expect(roles.flatMap((role) => role.resources).toSorted()).toEqual(resources.toSorted());
  const lambda = { Service: "lambda.amazonaws.com" };
  expect(privileges).toEqual({
    attachments: [OPERATOR_POLICY],
    trust: Array(4).fill({ principal: lambda, actions: ["sts:AssumeRole"], resources: [] }),
    permissions: [],
    urlAuthorizations: ["AWS_IAM", "AWS_IAM"],
    retentionDays: [7, 7, 7, 7],
  });
  expect(buckets).toEqual([
    {
      principal: lambda,
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [expect.stringMatching(/^arn:aws:s3:::lambda-concurrency-test-web-\d+\w+\/\*$/)],
      condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    },
  ]);
  expect(networks).toEqual([
    { egress: [expect.objectContaining({ protocol: "tcp", fromPort: 443, toPort: 443 })] },
  ]);
  // Nothing else that could allow anything.
  expect(
    types.filter((type) => /iam|permission|polic|security|url/i.test(type)).toSorted(),
  ).toEqual([
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:lambda/functionUrl:FunctionUrl",
    "aws:s3/bucketPolicy:BucketPolicy",
  ]);
  expect(boundless([...roles, ...privileges.trust, ...buckets])).toEqual([]);

  const functions = [onDemand.functionName, managed.functionName, `${managed.functionName}:live`];
  const arns = functions.map((name) => `arn:aws:lambda:${account}:function:${name}`);
  const endpoint = `arn:aws:lambda:${account}:web-function/${web.functionName}/endpoint/experiment`;
  expect(grantsOf(callerPolicy)).toEqual([
    { actions: ["lambda:InvokeFunctionUrl"], resources: arns },
    {
      actions: ["lambda:InvokeFunction"],
      resources: arns,
      condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
    },
    { actions: ["lambda:InvokeWebFunctionEndpoint"], resources: [endpoint] },
    { actions: ["lambda:GetAccountSettings"], resources: ["*"] },
    { actions: ["logs:FilterLogEvents"], resources: groups.map(streamsOf) },
  ]);
}
