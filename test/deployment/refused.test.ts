/** What is wrong on this side is refused before anything is made, with what sets it right. */

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { StandInAws } from "./stand-in-aws.ts";
import { describeDeployment, Workspace } from "./workspace.ts";

/** Wrong values of keys of Pulumi.yaml, of those that its types let through. */
const WRONG = {
  models: "on-demand,microvm",
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

/** Makes a Node.js pretend to be an older one, before anything else runs. */
const PRETEND = `data:text/javascript,${[
  'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})',
  'Object.defineProperty(process,"version",{value:"v20.20.2"})',
].join(";")}`;

describeDeployment("pulumi up", () => {
  test("refuses a wrong configuration, a handler that does not build and an old Node.js in words", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    // The printed commands make each of them one that can be deployed.
    for (const [configuration, count] of [
      [WRONG, Object.keys(WRONG).length],
      [CONTRADICTION, 1],
    ] as const) {
      await workspace.configure(configuration);
      const said = await workspace.refusedUp();
      expect(said).toContain("This configuration cannot be deployed:");
      const commands = Array.from(said.matchAll(/; run: (pulumi .+)$/gm), ([, command]) => command);
      expect(commands).toHaveLength(count);
      await workspace.expectSuccess("sh", "-ec", commands.join("\n"));
      await workspace.expectSuccess("pulumi", "preview");
    }
    await workspace.configure({ memoryMB: "256" });
    const misspelt = await workspace.refusedUp();
    expect(misspelt).toContain("memoryMB is no setting of this project (is memoryMb meant?)");
    const [, remedy = ""] = /; run: (pulumi .+)$/m.exec(misspelt) ?? [];
    await workspace.expectSuccess("sh", "-ec", remedy);

    workspace.edit("handler/answer.ts", "const globalData", "const const globalData");
    const broken = await workspace.refusedUp();
    expect(broken).toMatch(/The handler does not build\.[\s\S]*handler\/answer\.ts:\d+:\d+/);
    workspace.edit("handler/answer.ts", "const const globalData", "const globalData");
    workspace.edit("handler/index.ts", "async function handler", "async function run");
    expect(await workspace.refusedUp()).toContain('handler/index.ts exports no "handler"');

    const folder = join(workspace.folder, "old");
    mkdirSync(folder);
    const node = join(folder, "node");
    writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' --import '${PRETEND}' "$@"\n`);
    chmodSync(node, 0o755);
    workspace.env.PATH = [folder, workspace.env.PATH].join(delimiter);
    const old = await workspace.refusedUp();
    expect(old).toContain("This project needs Node.js 24 or later, and this is v20.20.2.");
    expect(aws.account.takeCalls()).toEqual([]);
  });
});
