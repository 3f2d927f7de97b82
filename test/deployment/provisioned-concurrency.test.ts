/** Provisioned concurrency: a version, an alias before it, and a URL of the alias. */

import { expect, test } from "vitest";
import { callSigned, callUnsigned } from "./call-url.ts";
import { describeDeployment } from "./describe-deployment.ts";
import { changedIn } from "./preview.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

describeDeployment("provisioned concurrency", () => {
  test("is kept for an alias, follows new code, and goes without a trace", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    await workspace.expectSuccess("pulumi", "config", "set", "provisionedConcurrency", "2");
    await workspace.expectSuccess("pulumi", "up", "--yes");
    expect(aws.account.takeCalls()).toEqual(
      expect.arrayContaining(["CreateAlias", "PutProvisionedConcurrencyConfig"]),
    );
    const { url, functionName } = await workspace.outputs();
    expect(versionOf(await callSigned(url, aws.account))).toBe("1");
    expect(await callUnsigned(url)).toMatchObject({ status: 403 });
    const unchanged = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(unchanged)).toEqual([]);

    workspace.edit("handler/index.ts", "`step ", "`step number ");
    const preview = await workspace.expectSuccess("pulumi", "preview", "--diff");
    expect(changedIn(preview).toSorted()).toEqual([
      "~ aws:lambda/alias:Alias: (update)",
      "~ aws:lambda/function:Function: (update)",
    ]);
    aws.account.takeCalls();
    await workspace.expectSuccess("pulumi", "up", "--yes");
    expect(aws.account.takeCalls()).toEqual([
      "UpdateFunctionCode",
      "PublishVersion",
      "UpdateAlias",
    ]);
    expect(await workspace.outputs()).toMatchObject({ url, functionName });
    expect(versionOf(await callSigned(url, aws.account))).toBe("2");

    await workspace.expectSuccess("pulumi", "config", "set", "urlAuthorization", "NONE");
    await workspace.expectSuccess("pulumi", "up", "--yes");
    expect(await callUnsigned(url)).toMatchObject({ status: 200 });

    await workspace.expectSuccess("pulumi", "config", "rm", "provisionedConcurrency");
    await workspace.expectSuccess("pulumi", "up", "--yes");
    const { url: onDemand } = await workspace.outputs();
    expect(onDemand).not.toBe(url);
    expect(versionOf(await callUnsigned(onDemand))).toBe("$LATEST");
    expect(aws.account.resources.join()).not.toMatch(/alias|provisioned/);

    await workspace.expectSuccess("pulumi", "destroy", "--yes");
    expect(aws.account.resources).toEqual([]);
  });
});

/** The version that the log stream's name bears. */
function versionOf({ answer }: Awaited<ReturnType<typeof callSigned>>): string | undefined {
  return /\[(.+)\]/.exec(answer.environment?.id ?? "")?.[1];
}
