/** Provisioned concurrency: a version, an alias before it, and a URL of the alias. */

import { expect, test } from "vitest";
import { callSigned, callUnsigned } from "./call-url.ts";
import { describeDeployment } from "./describe-deployment.ts";
import { changedIn } from "./preview.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

describeDeployment("provisioned concurrency", () => {
  test("is kept for an alias, follows new code, and goes again", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    await workspace.expectSuccess("pulumi", "config", "set", "provisionedConcurrency", "2");
    await workspace.up();
    const { url, functionName } = await workspace.outputs();
    expect(versionOf(await callSigned(url, aws.account))).toBe("1");
    expect(await callUnsigned(url)).toMatchObject({ status: 403 });

    workspace.edit("handler/index.ts", "`step ", "`step number ");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(preview).toSorted()).toEqual([
      "~ aws:lambda/alias:Alias: (update)",
      "~ aws:lambda/function:Function: (update)",
    ]);
    aws.account.takeCalls();
    await workspace.up();
    expect(aws.account.takeCalls()).toEqual([
      "UpdateFunctionCode",
      "PublishVersion",
      "UpdateAlias",
    ]);
    expect(await workspace.outputs()).toMatchObject({ url, functionName });
    expect(versionOf(await callSigned(url, aws.account))).toBe("2");

    await workspace.expectSuccess("pulumi", "config", "rm", "provisionedConcurrency");
    await workspace.up();
    const { url: onDemand } = await workspace.outputs();
    expect(onDemand).not.toBe(url);
    expect(versionOf(await callSigned(onDemand, aws.account))).toBe("$LATEST");
    expect(aws.resources.join()).not.toMatch(/alias|provisioned/);
  });

  test("comes to an open stack, which is closed again and leaves nothing", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    // Open from the beginning, so that the provider adds permissions of its own beside the program's.
    await workspace.expectSuccess("pulumi", "config", "set", "urlAuthorization", "NONE");
    await workspace.up();
    expect(versionOf(await callUnsigned((await workspace.outputs()).url))).toBe("$LATEST");

    await workspace.expectSuccess("pulumi", "config", "set", "provisionedConcurrency", "2");
    await workspace.up();
    const { url } = await workspace.outputs();
    expect(versionOf(await callUnsigned(url))).toBe("1");
    const unchanged = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(unchanged)).toEqual([]);

    await workspace.expectSuccess("pulumi", "config", "set", "urlAuthorization", "AWS_IAM");
    await workspace.up();
    // The provider's own permissions are still there, and hold for a URL without authorization only.
    expect(aws.resources.filter((name) => name.startsWith("permission"))).toHaveLength(4);
    expect(await callUnsigned(url)).toMatchObject({ status: 403 });
    expect(versionOf(await callSigned(url, aws.account))).toBe("1");

    await workspace.expectSuccess("pulumi", "destroy", "--yes");
    expect(aws.resources).toEqual([]);
  });
});

/** The version that the log stream's name bears. */
function versionOf({ answer }: Awaited<ReturnType<typeof callSigned>>): string | undefined {
  return /\[(.+)\]/.exec(answer.environment?.id ?? "")?.[1];
}
