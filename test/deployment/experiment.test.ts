/** From `pulumi up` to a verdict: the experiment fired at a stack, by command and on the screen. */

import { expect, test } from "vitest";
import type { CrossCheckLine } from "../../experiment/core/record-lines.ts";
import { drawn } from "../effort.ts";
import { linesOf, recordsIn, wholeLines } from "../programs.ts";
import { KEYS } from "../screen/terminal.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { type CommandResult, deployed, describeDeployment, Workspace } from "./workspace.ts";

const QUICK = ["--hold", "500ms"];

function fireAtStack(workspace: Workspace, ...args: string[]): Promise<CommandResult> {
  return workspace.run("npm", "run", "-s", "experiment", "--", "--target", "stack", ...args);
}

/** The last line of what was printed, which is to be a cross-check. */
function crossCheckIn({ stdout }: CommandResult): CrossCheckLine {
  const line = linesOf(stdout).at(-1);
  if (line?.type !== "cross-check") throw new Error(`no cross-check but ${line?.type}`);
  return line;
}

describeDeployment("the experiment at a stack", () => {
  test("yields the reference verdict, which the log confirms, until the stack is destroyed", async () => {
    const { aws, workspace, outputs } = await deployed();
    const { functionName, url, codeSha256, logGroupName } = outputs;
    const result = await fireAtStack(workspace, "--json");
    expect(result).toMatchObject({ code: 0 });
    const [first, ...lines] = linesOf(result.stdout);
    const model = { kind: "stack", stack: "dev", model: "on-demand", region: "eu-west-1" };
    expect(first).toMatchObject({
      target: { ...model, functionName, url, logGroupName, deployment: codeSha256 },
    });
    const counted = { environments: 5, coldStarts: 5, memory: "kept", outcomes: { ok: 10 } };
    expect(lines.at(-1)).toMatchObject({ run: null, verdict: "isolated", ...counted });

    const checked = await fireAtStack(workspace, ...QUICK, "--json", "--cross-check");
    expect(checked).toMatchObject({ code: 0 });
    expect(crossCheckIn(checked)).toMatchObject({
      source: "cloudwatch-logs",
      logGroupName,
      region: "eu-west-1",
      requests: 10,
      streams: 5,
      initialized: 0,
      agreement: true,
      differences: [],
      console: expect.stringMatching(/^https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch/),
    });
    expect(aws.account.takeCalls()).toContain("FilterLogEvents");

    // A log of many pages is read to its end.
    const burst = ["--concurrency", "10", "--requests", "250", "--hold", "100ms", "--runs", "1"];
    const long = await fireAtStack(workspace, ...burst, "--json", "--cross-check");
    expect(crossCheckIn(long)).toMatchObject({ requests: 250, agreement: true });

    await workspace.expectSuccess("pulumi", "destroy", "--yes");
    const gone = await fireAtStack(workspace);
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toMatch(/^error: The stack dev is not deployed\.\nRun "pulumi up/m);

    const kept = recordsIn(`${workspace.folder}/data`).map(wholeLines);
    const { secretAccessKey, sessionToken } = aws.account.credentials;
    for (const secret of [secretAccessKey, sessionToken]) {
      expect(JSON.stringify([result, checked, kept])).not.toContain(secret);
    }
  });

  const others: [string, () => Promise<void>][] = [
    [
      "tells limits, missing permissions and wrong credentials apart",
      async () => {
        const { aws, workspace } = await deployed({ reservedConcurrency: "3" });
        const reserved = await fireAtStack(workspace, ...QUICK, "--runs", "1");
        expect(reserved.stdout).toMatch(
          /^Note: .* reserved concurrency of 3: at least 2 of 5 will/m,
        );
        expect(reserved.stdout).toMatch(/^Run 1 of 1 · .* · 2 throttled$/m);

        await workspace.configure({ reservedConcurrency: undefined });
        await workspace.up();
        aws.account.concurrentExecutions = 103;
        const many = await fireAtStack(workspace, ...QUICK, "--runs", "1", "--concurrency", "104");
        expect(many.stdout).toMatch(
          /^Note: The account leaves .* 103 executions at once in eu-west-1: at least 1 of 104/m,
        );

        aws.account.forbidden.add("FilterLogEvents").add("GetAccountSettings");
        const denied = await fireAtStack(
          workspace,
          ...QUICK,
          "--concurrency",
          "11",
          "--cross-check",
        );
        expect(denied.code).toBe(1);
        expect(denied.stdout).toMatch(
          /^Note: Whether the account allows 11 executions at once is not/m,
        );
        expect(denied.stdout).toMatch(/^Run 2 of 2/m);
        expect(denied.stderr).toMatch(
          /^error: The caller may not read the log .*\nIt needs logs:FilterLogEvents, .* callerPolicy --stack dev"/m,
        );

        for (const [variable, words] of [
          ["AWS_SECRET_ACCESS_KEY", /403 The request signature .*the secret key is not that of/],
          ["AWS_ACCESS_KEY_ID", /403 .* token .* invalid: AWS does not know these credentials/],
        ] as const) {
          const known = workspace.env[variable];
          workspace.env[variable] = "AKIDNOBODY";
          const { code, stdout } = await fireAtStack(workspace, "--hold", "100ms", "--runs", "1");
          workspace.env[variable] = known;
          expect(code).toBe(3);
          expect(stdout).toMatch(words);
        }
      },
    ],

    [
      "on the screen starts on the stack, is signed, and is cross-checked",
      async () => {
        const aws = await StandInAws.start();
        const workspace = await Workspace.create(aws);
        const size = { columns: 100, rows: 30 };
        const before = workspace.openScreen(size);
        await before.shows(/No stack to fire at, so[\s\S]*pulumi\s+up\s+--stack\s+dev"/);
        before.press("q");
        await before.exited;

        await workspace.up();
        const terminal = workspace.openScreen(size);
        await terminal.shows(/Test +stack dev · on-demand\n Deployed on AWS[\s\S]*\$0\.0000\d+$/m);
        terminal.press(KEYS.enter);
        await terminal.shows(/5 environments served 10 requests[\s\S]*x cross-check/);
        terminal.press("x");
        await terminal.shows(
          /CROSS-CHECKED {2}CloudWatch has 10 requests in 5 log streams, and 5\s/,
        );
        await terminal.shows(/https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch/);
        const [record] = recordsIn(`${workspace.folder}/data`);
        expect(wholeLines(record).at(-1)).toMatchObject({ type: "cross-check" });

        aws.account.forbidden.add("FilterLogEvents");
        terminal.press("x");
        await terminal.shows(/FAILED {2}The caller may not read the log/);
        terminal.press("h");
        await terminal.shows(/stack dev · on-demand +10 +5 +\w+/);
        terminal.press(KEYS.enter);
        await terminal.shows(/recorded [\s\S]*CROSS-CHECKED/);
        terminal.press("q");
        expect(await terminal.exited).toBe(0);
      },
    ],
  ];

  test.each(drawn(others, 1))("%s", (_, see) => see());
});
