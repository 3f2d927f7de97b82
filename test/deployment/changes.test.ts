/** What each change of code or configuration does to a stack that is deployed, and to nothing else. */

import { expect, test } from "vitest";
import { drawn } from "../effort.ts";
import { waitUntil } from "../wait-until.ts";
import { callSigned, callUnsigned } from "./call-url.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { changedIn, deployed, describeDeployment, Workspace } from "./workspace.ts";

const FUNCTION_UPDATE = "~ aws:lambda/function:Function: (update)";

/** What the CLI prints of a URL that needs no signature. */
const OPEN_WARNING =
  /warning: The URL takes requests from anybody, at your expense\. Close it: `pulumi config set urlAuthorization AWS_IAM/;

describeDeployment("a changed stack", () => {
  const changes: [string, () => Promise<void>][] = [
    [
      "updates what its configuration says, in place, and stays warm where it can",
      async () => {
        const { aws, workspace, outputs } = await deployed();
        const { url } = outputs;
        const call = () => callSigned(url, aws.account);
        const idOf = async () => (await call()).answer.environment?.id;
        const warm = await idOf();

        // Tags reach everything that carries tags, and leave environments as they are.
        await workspace.configure({ tags: "team=platform" });
        expect((await workspace.preview()).match(/\+ team *: "platform"/g)).toHaveLength(3);
        await workspace.up();
        expect(aws.account.takeCalls().toSorted()).toEqual([
          "TagResource",
          "TagResource",
          "TagRole",
        ]);
        expect(await idOf()).toBe(warm);

        // Memory and generation update the function once, and make it cold.
        await workspace.configure({ memoryMb: "256", generation: "2" });
        const preview = await workspace.preview();
        expect(changedIn(preview)).toEqual([FUNCTION_UPDATE]);
        expect(preview).toMatch(/~ memorySize *: 128 => 256/);
        expect(preview).toMatch(/~ GENERATION: "1" => "2"/);
        await workspace.up();
        expect(aws.account.takeCalls()).toEqual(["UpdateFunctionConfiguration"]);
        expect(await workspace.outputs()).toMatchObject({ url, memoryMb: 256, generation: 2 });
        const cold = await call();
        expect(cold.answer).toMatchObject({
          globalData: { counter: 1 },
          environment: { coldStart: true, memoryMb: 256 },
        });
        expect(cold.answer.environment?.id).not.toBe(warm);

        // An architecture is taken together with code that runs on it.
        await workspace.configure({ architecture: "x86_64" });
        expect(changedIn(await workspace.preview())).toEqual([FUNCTION_UPDATE]);
        await workspace.up();
        expect(aws.account.takeCalls()).toEqual(["UpdateFunctionCode"]);

        // A reservation of 0 lets no request through.
        await workspace.configure({ reservedConcurrency: "0" });
        await workspace.up();
        expect(aws.account.takeCalls()).toEqual(["PutFunctionConcurrency"]);
        expect(await call()).toMatchObject({ status: 429 });
        await workspace.configure({ reservedConcurrency: undefined });
        await workspace.up();
        expect(aws.account.takeCalls()).toEqual(["DeleteFunctionConcurrency"]);
        expect(await call()).toMatchObject({ status: 200 });

        // Another name replaces everything, and leaves nothing of the old one.
        await workspace.configure({ namePrefix: "renamed" });
        await workspace.up();
        expect((await workspace.outputs()).functionName).toMatch(/^renamed-[0-9a-f]{7}$/);
        expect(aws.account.names.join("\n")).not.toContain("lambda-concurrency-test");
        await workspace.expectSuccess("pulumi", "destroy", "--yes");
        expect(aws.account.names).toEqual([]);
      },
    ],

    [
      "is opened to everybody by two permissions, and closed again",
      async () => {
        const { aws, workspace, outputs } = await deployed();
        const { url } = outputs;
        expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 403 });
        await workspace.configure({ urlAuthorization: "NONE" });
        expect(changedIn(await workspace.preview()).toSorted()).toEqual([
          "+ aws:lambda/permission:Permission: (create)",
          "+ aws:lambda/permission:Permission: (create)",
          "~ aws:lambda/functionUrl:FunctionUrl: (update)",
        ]);
        expect(await workspace.up()).toMatch(OPEN_WARNING);
        expect(aws.account.takeCalls().toSorted()).toEqual([
          ...["AddPermission", "AddPermission", "UpdateFunctionUrlConfig"],
        ]);
        expect(await callUnsigned(url, aws.account)).toMatchObject({
          status: 200,
          answer: { client: "Ana" },
        });

        await workspace.configure({ urlAuthorization: "AWS_IAM" });
        expect(await workspace.up()).not.toMatch(OPEN_WARNING);
        expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 403 });
        expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });
        expect(aws.account.names.join()).not.toContain("Permission");

        // Another handler updates the function alone, and its environments are cold.
        const warm = await waitUntil("a warm answer", async () => {
          const called = await callSigned(url, aws.account);
          return called.answer.environment?.coldStart === false && called;
        });
        aws.account.takeCalls();
        workspace.edit("handler/answer.ts", "/** The deployment's", "/** It is the deployment's");
        expect(await workspace.preview()).toContain("7 unchanged");
        workspace.edit("handler/answer.ts", "`step ", "`step number ");
        const preview = await workspace.preview();
        expect(changedIn(preview)).toEqual([FUNCTION_UPDATE]);
        expect(preview).toMatch(/^ *[~+] code/m);
        expect(aws.account.takeCalls()).toEqual([]);
        expect(await workspace.up()).toMatch(/1 updated\n\s+6 unchanged/);
        expect(aws.account.takeCalls()).toEqual(["UpdateFunctionCode"]);
        const { codeSha256, ...after } = await workspace.outputs();
        expect(after).toMatchObject({ url });
        expect(codeSha256).not.toBe(outputs.codeSha256);
        const cold = await callSigned(url, aws.account);
        expect(cold.answer).toMatchObject({
          globalData: { counter: 1 },
          environment: { coldStart: true },
        });
        expect(cold.answer.environment?.id).not.toBe(warm.answer.environment?.id);
      },
    ],

    [
      "keeps provisioned concurrency for an alias, which follows new code, and goes again",
      async () => {
        const { aws, workspace, outputs } = await deployed({ provisionedConcurrency: "2" });
        const { url, functionName } = outputs;
        expect(versionOf(await callSigned(url, aws.account))).toBe("1");
        expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 403 });

        workspace.edit("handler/answer.ts", "`step ", "`step number ");
        expect(changedIn(await workspace.preview()).toSorted()).toEqual([
          "~ aws:lambda/alias:Alias: (update)",
          FUNCTION_UPDATE,
        ]);
        await workspace.up();
        const calls = ["UpdateFunctionCode", "PublishVersion", "UpdateAlias"];
        expect(aws.account.takeCalls()).toEqual(calls);
        expect(await workspace.outputs()).toMatchObject({ url, functionName });
        expect(versionOf(await callSigned(url, aws.account))).toBe("2");

        await workspace.configure({ provisionedConcurrency: undefined });
        await workspace.up();
        const { url: onDemand } = await workspace.outputs();
        expect(onDemand).not.toBe(url);
        expect(versionOf(await callSigned(onDemand, aws.account))).toBe("$LATEST");
        expect(aws.account.names.join()).not.toMatch(/Alias|Provisioned/);
      },
    ],

    [
      "that is open from the beginning gets provisioned concurrency, is closed, and leaves nothing",
      async () => {
        // The provider adds permissions of its own beside the program's.
        const { aws, workspace, outputs } = await deployed({ urlAuthorization: "NONE" });
        expect(versionOf(await callUnsigned(outputs.url, aws.account))).toBe("$LATEST");

        await workspace.configure({ provisionedConcurrency: "2" });
        await workspace.up();
        const { url } = await workspace.outputs();
        expect(versionOf(await callUnsigned(url, aws.account))).toBe("1");
        expect(changedIn(await workspace.preview())).toEqual([]);

        await workspace.configure({ urlAuthorization: "AWS_IAM" });
        await workspace.up();
        // The provider's own permissions are still there, and hold for a URL without authorization only.
        expect(aws.account.names.filter((name) => name.startsWith("Permission"))).toHaveLength(4);
        expect(await callUnsigned(url, aws.account)).toMatchObject({ status: 403 });
        expect(versionOf(await callSigned(url, aws.account))).toBe("1");

        await workspace.expectSuccess("pulumi", "destroy", "--yes");
        expect(aws.account.names).toEqual([]);
      },
    ],

    [
      "a creation that AWS refuses half-way goes on once it is set right, and drift is mended",
      async () => {
        const aws = await StandInAws.start();
        const workspace = await Workspace.create(aws);
        aws.account.concurrentExecutions = 150;
        await workspace.configure({ reservedConcurrency: "60" });
        const refused = "UnreservedConcurrentExecution below its minimum value of [100]";
        expect(await workspace.refusedUp("--skip-preview")).toContain(refused);
        expect(aws.account.takeCalls()).toContain("CreateFunction");
        await workspace.configure({ reservedConcurrency: "50" });
        await workspace.up();
        expect(aws.account.takeCalls()).toEqual([
          "PutFunctionConcurrency",
          "CreateFunctionUrlConfig",
        ]);
        const { url, functionName, logGroupName } = await workspace.outputs();
        expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });

        // A change that AWS refuses is refused each time, and changes nothing.
        await workspace.configure({ reservedConcurrency: "60" });
        for (const _ of ["first", "second"]) {
          expect(await workspace.refusedUp("--skip-preview")).toContain(refused);
          expect(await workspace.outputs()).toMatchObject({ reservedConcurrency: 50 });
        }
        expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });
        await workspace.configure({ reservedConcurrency: undefined });
        await workspace.up();
        expect(await workspace.outputs()).toMatchObject({ reservedConcurrency: "none" });

        // What somebody changed or deleted by hand is as it should be after the next update.
        aws.account.get("LogGroup", logGroupName).properties.retentionInDays = 30;
        await aws.account.drop("Function", String(functionName));
        aws.account.takeCalls();
        expect(await workspace.preview()).toMatch(/~ retentionInDays *: 30 => 7/);
        expect(aws.account.takeCalls()).toEqual([]);
        await workspace.up();
        expect(aws.account.takeCalls().toSorted()).toEqual([
          "CreateFunction",
          "CreateFunctionUrlConfig",
          "PutRetentionPolicy",
        ]);
        const again = await workspace.outputs();
        expect(await callSigned(again.url, aws.account)).toMatchObject({ status: 200 });
        expect(await workspace.up()).toContain("7 unchanged");
        await workspace.expectSuccess("pulumi", "destroy", "--yes");
        expect(aws.account.names).toEqual([]);
      },
    ],
  ];

  test.each(drawn(changes, 1))("%s", (_, see) => see());
});

/** The version that the log stream's name bears. */
function versionOf({ answer }: Awaited<ReturnType<typeof callSigned>>): string | undefined {
  return /\[(.+)\]/.exec(answer.environment?.id ?? "")?.[1];
}
