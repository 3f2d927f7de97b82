/**
 * A stack that an earlier version of this project deployed, before there were several models. Its state
 * is what `pulumi stack export` printed after f784a70 had been deployed onto the stand-in AWS, without
 * places in its source, dates and the stack's README.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Properties } from "./aws/properties.ts";
import { callSigned } from "./call-url.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { changedIn, describeDeployment, Workspace } from "./workspace.ts";

interface StateResource {
  type: string;
  id?: string;
  inputs: Properties;
  outputs: Properties;
}

const STATE = readFileSync(new URL("earlier-stack.json", import.meta.url), "utf8");

/**
 * Deploys what the state says, as it says it.
 *
 * @returns the state, with the URL that answers now
 */
async function deployState(aws: StandInAws): Promise<{ state: string; url: string }> {
  const { resources } = (JSON.parse(STATE) as { deployment: { resources: StateResource[] } })
    .deployment;
  const urls: unknown[] = [];
  for (const { type, id, inputs, outputs } of resources) {
    if (!type.startsWith("aws:")) continue;
    // A name that the provider made up is the same again.
    const news = { ...inputs, ...(inputs.namePrefix !== undefined && { name: outputs.name }) };
    const made = await aws.provider({ method: "create", type, news });
    expect({ type, ...made }).toMatchObject({ type, id, outputs: {} });
    urls.push(...[outputs.functionUrl, made.outputs?.functionUrl].filter((url) => url));
  }
  const [before, url] = urls.map(String);
  if (before === undefined || url === undefined) throw new Error("The state has no URL.");
  return { state: STATE.replaceAll(before, url), url };
}

describeDeployment("a stack of an earlier version", () => {
  test("keeps its resources and its URL, and takes the handler's code alone", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    const { state, url } = await deployState(aws);
    const file = join(workspace.folder, "earlier.json");
    writeFileSync(file, state);
    await workspace.expectSuccess("pulumi", "stack", "import", "--file", file);
    const { functionName, logGroupName } = await workspace.outputs();
    const before = await callSigned(url, aws.account);
    expect(before).toMatchObject({ status: 200, answer: { client: "Ana" } });
    aws.account.takeCalls();

    const preview = await workspace.preview();
    expect(changedIn(preview)).toEqual(["~ aws:lambda/function:Function: (update)"]);
    expect(preview).toMatch(/^ *[~+] code/m);
    await workspace.up();
    expect(aws.account.takeCalls()).toEqual(["UpdateFunctionCode"]);
    const { targets, ...outputs } = await workspace.outputs();
    expect(outputs).toMatchObject({ url, functionName, logGroupName });
    expect(targets).toEqual([expect.objectContaining({ model: "on-demand", url, functionName })]);
    const after = await callSigned(url, aws.account);
    expect(after).toMatchObject({ status: 200, answer: { globalData: { counter: 1 } } });
  });
});
