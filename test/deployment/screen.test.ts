/** The screen at a stack, as `npm run tui` shows it after `pulumi up`. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { KEYS, Terminal } from "../screen/terminal.ts";
import { describeDeployment } from "./describe-deployment.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { Workspace } from "./workspace.ts";

/** Opens the screen in a workspace, as a user types it. */
function openScreen({ env, project }: Workspace, ...args: string[]): Terminal {
  const options = { env, cwd: project, columns: 100, rows: 30 };
  const terminal = new Terminal("npm", ["run", "-s", "tui", "--", ...args], options);
  onTestFinished(() => terminal.dispose());
  return terminal;
}

describeDeployment("the screen at a stack", () => {
  test("starts on the stack, fires signed requests, and cross-checks what it saw", async () => {
    const aws = await StandInAws.start();
    const workspace = await Workspace.create(aws);
    const before = openScreen(workspace, "--hold", "400ms");
    await before.shows(
      /No stack to fire at\. The stack dev is not deployed\. Run "pulumi up --stack dev"\./,
    );
    before.press("q");
    await before.exited;

    await workspace.up();
    const terminal = openScreen(workspace, "--hold", "400ms");
    await terminal.shows(/Test +stack dev\n Deployed on AWS[\s\S]*\$0\.0000\d+$/m);
    terminal.press(KEYS.enter);
    await terminal.shows(/ISOLATED {2}5 environments served 10 requests[\s\S]*x cross-check/);
    terminal.press("x");
    await terminal.shows(
      /CROSS-CHECKED {2}CloudWatch has 10 requests in 5 log streams, and 5\s+environments initialized/,
    );
    await terminal.shows(/https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch/);
    const records = join(workspace.folder, "data", "records");
    const [record = ""] = readdirSync(records);
    expect(readFileSync(join(records, record), "utf8")).toMatch(/\n\{"type":"cross-check".*\n$/);

    aws.faults.set("FilterLogEvents", "denied");
    terminal.press("x");
    await terminal.shows(/FAILED {2}The caller may not read the log/);
    terminal.press("h");
    await terminal.shows(/stack dev +10 +5 +ISOLATED/);
    terminal.press(KEYS.enter);
    await terminal.shows(/recorded [\s\S]*CROSS-CHECKED[\s\S]*ISOLATED/);
    terminal.press("q");
    expect(await terminal.exited).toBe(0);
  });
});
