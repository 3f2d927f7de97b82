/** Configuration, from `pulumi config set` to what AWS is asked for. */

import { expect, test } from "vitest";
import { callSigned, callUnsigned } from "./call-url.ts";
import { describeDeployment } from "./describe-deployment.ts";
import { changedIn } from "./preview.ts";
import { boundless, privilegesIn } from "./privileges.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

const FUNCTION_UPDATE = "~ aws:lambda/function:Function: (update)";

/** What the CLI prints of a URL that needs no signature. */
const OPEN_WARNING =
  /warning: The URL takes requests from anybody, at your expense\. Close it: `pulumi config set urlAuthorization AWS_IAM/;

/** A deployed stack whose creation is not counted. */
async function deployed(): Promise<{ aws: StandInAws; workspace: Workspace; url: unknown }> {
  const aws = await StandInAws.start();
  const workspace = await Workspace.create(aws);
  await workspace.up();
  aws.account.takeCalls();
  const { url } = await workspace.outputs();
  return { aws, workspace, url };
}

describeDeployment("a changed configuration", () => {
  test("of memory and generation updates the function once and makes it cold", async () => {
    const { aws, workspace, url } = await deployed();
    const warm = await callSigned(url, aws.account);

    await workspace.expectSuccess("pulumi", "config", "set", "memoryMb", "256");
    await workspace.expectSuccess("pulumi", "config", "set", "generation", "2");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(preview)).toEqual([FUNCTION_UPDATE]);
    expect(preview).toMatch(/~ memorySize *: 128 => 256/);
    expect(preview).toMatch(/~ GENERATION: "1" => "2"/);

    await workspace.up();
    expect(aws.account.takeCalls()).toEqual(["UpdateFunctionConfiguration"]);
    expect(await workspace.outputs()).toMatchObject({ url, memoryMb: 256, generation: 2 });
    const cold = await callSigned(url, aws.account);
    expect(cold.answer).toMatchObject({
      globalData: { counter: 1 },
      environment: { coldStart: true, memoryMb: 256 },
    });
    expect(cold.answer.environment?.id).not.toBe(warm.answer.environment?.id);
  });

  test("of the architecture changes the function in place", async () => {
    const { aws, workspace } = await deployed();
    await workspace.expectSuccess("pulumi", "config", "set", "architecture", "x86_64");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(preview)).toEqual([FUNCTION_UPDATE]);
    await workspace.up();
    // Lambda takes an architecture together with code that runs on it.
    expect(aws.account.takeCalls()).toEqual(["UpdateFunctionCode"]);
  });

  test("of the authorization opens the URL by two permissions, and closes it again", async () => {
    const { aws, workspace, url } = await deployed();
    expect(await callUnsigned(url)).toMatchObject({ status: 403 });

    await workspace.expectSuccess("pulumi", "config", "set", "urlAuthorization", "NONE");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(preview).toSorted()).toEqual([
      "+ aws:lambda/permission:Permission: (create)",
      "+ aws:lambda/permission:Permission: (create)",
      "~ aws:lambda/functionUrl:FunctionUrl: (update)",
    ]);
    expect(preview).toMatch(/action *: "lambda:InvokeFunctionUrl"/);
    expect(preview).toMatch(/functionUrlAuthType *: "NONE"/);
    expect(preview).toMatch(/action *: "lambda:InvokeFunction"/);
    expect(preview).toMatch(/invokedViaFunctionUrl *: true/);

    expect(await workspace.up()).toMatch(OPEN_WARNING);
    // Of two permissions at once AWS refuses one, and the provider asks again.
    expect(new Set(aws.account.takeCalls())).toEqual(
      new Set(["AddPermission", "UpdateFunctionUrlConfig"]),
    );
    // Open to everybody, through the URL and by no other way, and nothing else has changed.
    const exported = await workspace.expectSuccess("pulumi", "stack", "export");
    const { permissions, roles, trust } = privilegesIn(exported);
    expect(permissions).toHaveLength(2);
    for (const { action, functionUrlAuthType, invokedViaFunctionUrl } of permissions) {
      expect(
        action === "lambda:InvokeFunctionUrl" ? functionUrlAuthType : invokedViaFunctionUrl,
      ).toBe(action === "lambda:InvokeFunctionUrl" ? "NONE" : true);
    }
    expect(boundless([...roles, ...trust])).toEqual([]);
    expect(await callUnsigned(url)).toMatchObject({ status: 200, answer: { client: "Ana" } });

    await workspace.expectSuccess("pulumi", "config", "set", "urlAuthorization", "AWS_IAM");
    expect(await workspace.up()).not.toMatch(OPEN_WARNING);
    expect(await callUnsigned(url)).toMatchObject({ status: 403 });
    expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });
    expect(aws.resources.join()).not.toContain("permission");
  });

  test("of the reservation to 0 lets no request through", async () => {
    const { aws, workspace, url } = await deployed();
    await workspace.expectSuccess("pulumi", "config", "set", "reservedConcurrency", "0");
    await workspace.up();
    expect(aws.account.takeCalls()).toEqual(["PutFunctionConcurrency"]);
    expect(await callSigned(url, aws.account)).toMatchObject({ status: 429 });

    await workspace.expectSuccess("pulumi", "config", "rm", "reservedConcurrency");
    await workspace.up();
    expect(aws.account.takeCalls()).toEqual(["DeleteFunctionConcurrency"]);
    expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });
  });

  test("that AWS refuses is refused each time, changes nothing, and can be set right", async () => {
    const { aws, workspace, url } = await deployed();
    aws.lambda.concurrentExecutions = 150;
    await workspace.expectSuccess("pulumi", "config", "set", "reservedConcurrency", "60");
    for (const _ of ["first", "second"]) {
      const { code, stdout } = await workspace.pulumi("up", "--yes", "--skip-preview");
      expect(code).not.toBe(0);
      expect(stdout).toContain("UnreservedConcurrentExecution below its minimum value of [100]");
      expect(await workspace.outputs()).toMatchObject({ reservedConcurrency: "none" });
    }
    expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });

    await workspace.expectSuccess("pulumi", "config", "set", "reservedConcurrency", "50");
    await workspace.up();
    expect(await workspace.outputs()).toMatchObject({ reservedConcurrency: 50 });
    expect(await callSigned(url, aws.account)).toMatchObject({ status: 200 });
  });

  test("of tags reaches everything that carries tags, and touches nothing else", async () => {
    const { aws, workspace, url } = await deployed();
    const warm = await callSigned(url, aws.account);
    await workspace.expectSuccess("pulumi", "config", "set", "tags", "team=platform");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(preview.match(/\+ team *: "platform"/g)).toHaveLength(3);
    await workspace.up();
    expect(aws.account.takeCalls().toSorted()).toEqual(["TagResource", "TagResource", "TagRole"]);
    const after = await callSigned(url, aws.account);
    expect(after.answer.environment?.id).toBe(warm.answer.environment?.id);
  });

  test("of the name replaces everything, and leaves nothing of the old one", async () => {
    const { aws, workspace } = await deployed();
    await workspace.expectSuccess("pulumi", "config", "set", "namePrefix", "renamed");
    await workspace.up();
    const { functionName } = await workspace.outputs();
    expect(functionName).toMatch(/^renamed-[0-9a-f]{7}$/);
    expect(aws.resources.join("\n")).not.toContain("lambda-concurrency-test");
    await workspace.expectSuccess("pulumi", "destroy", "--yes");
    expect(aws.resources).toEqual([]);
  });
});
