import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { describeDeployment } from "./describe-deployment.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

/** Makes a Node.js pretend to be an older one, before anything else runs. */
const PRETEND = `data:text/javascript,${[
  'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})',
  'Object.defineProperty(process,"version",{value:"v20.20.2"})',
].join(";")}`;

describeDeployment("pulumi up", () => {
  test("on a Node.js that is too old says so in words, and creates nothing", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    const folder = join(workspace.folder, "old");
    mkdirSync(folder);
    const node = join(folder, "node");
    writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' --import '${PRETEND}' "$@"\n`);
    chmodSync(node, 0o755);
    workspace.env.PATH = [folder, workspace.env.PATH].join(delimiter);
    const { code, stdout } = await workspace.pulumi("up", "--yes");
    expect(code).not.toBe(0);
    expect(stdout).toContain("This project needs Node.js 24 or later, and this is v20.20.2.");
    expect(stdout).not.toMatch(/\n\s+at /);
    expect(aws.account.takeCalls()).toEqual([]);
  });
});
