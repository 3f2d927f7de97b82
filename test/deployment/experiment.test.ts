/** From `pulumi up` to a verdict: the experiment fired at a stack. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CrossCheckLine } from "../../experiment/core/record-lines.ts";
import { linesOf } from "../record-lines.ts";
import { describeDeployment } from "./describe-deployment.ts";
import { StandInAws } from "./stand-in-aws.ts";
import { type CommandResult, Workspace } from "./workspace.ts";

const EXPERIMENT = ["run", "-s", "experiment", "--", "--target", "stack"];
const QUICK = ["--hold", "500ms"];

async function deployed(): Promise<{ aws: StandInAws; workspace: Workspace }> {
  const aws = await StandInAws.start();
  const workspace = await Workspace.create(aws);
  await workspace.up();
  return { aws, workspace };
}

/** The last line of what was printed, which is to be a cross-check. */
function crossCheckIn({ stdout }: CommandResult): CrossCheckLine {
  const line = linesOf(stdout).at(-1);
  if (line?.type !== "cross-check") throw new Error(`no cross-check but ${line?.type}`);
  return line;
}

describeDeployment("the experiment at a stack", () => {
  test("up, experiment, destroy: the reference verdict, of a target that says what it is", async () => {
    const { aws, workspace } = await deployed();
    const { functionName, url, codeSha256, logGroupName } = await workspace.outputs();
    const result = await workspace.run("npm", ...EXPERIMENT, "--json");
    expect(result).toMatchObject({ code: 0 });
    const lines = linesOf(result.stdout);
    expect(lines[0]).toMatchObject({
      type: "run",
      target: {
        kind: "stack",
        stack: "dev",
        model: "on-demand",
        region: "eu-west-1",
        functionName,
        url,
        logGroupName,
        deployment: codeSha256,
      },
    });
    expect(lines.at(-1)).toMatchObject({
      type: "verdict",
      run: null,
      verdict: "isolated",
      environments: 5,
      coldStarts: 5,
      memory: "kept",
      outcomes: { ok: 10 },
    });
    await workspace.expectSuccess("pulumi", "destroy", "--yes");
    const gone = await workspace.run("npm", ...EXPERIMENT);
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toMatch(
      /^error: The stack dev is not deployed\.\nRun "pulumi up --stack dev"\.$/m,
    );

    const records = join(workspace.folder, "data", "records");
    const kept = readdirSync(records).map((name) => readFileSync(join(records, name), "utf8"));
    const { secretAccessKey, sessionToken } = aws.account.credentials;
    for (const secret of [secretAccessKey, sessionToken]) {
      expect(JSON.stringify([result, kept])).not.toContain(secret);
    }
  });

  test("the cross-check finds every request in the stream that its answer named", async () => {
    const { aws, workspace } = await deployed();
    const { logGroupName } = await workspace.outputs();
    const result = await workspace.run("npm", ...EXPERIMENT, ...QUICK, "--json", "--cross-check");
    expect(result).toMatchObject({ code: 0 });
    const line = crossCheckIn(result);
    expect(line).toMatchObject({
      source: "cloudwatch-logs",
      logGroupName,
      region: "eu-west-1",
      requests: 10,
      streams: 5,
      initialized: 5,
      agreement: true,
      differences: [],
      console: expect.stringMatching(/^https:\/\/eu-west-1\.console\.aws\.amazon\.com\/cloudwatch/),
    });
    expect(aws.account.takeCalls()).toContain("FilterLogEvents");

    const warm = await workspace.run("npm", ...EXPERIMENT, ...QUICK, "--cross-check");
    expect(warm).toMatchObject({ code: 0 });
    expect(warm.stdout).toMatch(
      /^CROSS-CHECKED {2}CloudWatch has 10 requests in 5 log streams, and 0 environments initialized meanwhile: the answers said the same\.\nhttps:\/\//m,
    );
  });

  test("a log of many pages is read to its end", async () => {
    const { workspace } = await deployed();
    const burst = ["--concurrency", "10", "--requests", "250", "--hold", "100ms", "--runs", "1"];
    const result = await workspace.run("npm", ...EXPERIMENT, ...burst, "--json", "--cross-check");
    expect(crossCheckIn(result)).toMatchObject({ requests: 250, agreement: true });
  });

  test("a missing permission is said plainly, and the verdict stands all the same", async () => {
    const { aws, workspace } = await deployed();
    aws.faults.set("FilterLogEvents", "denied");
    aws.faults.set("GetAccountSettings", "denied");
    const args = [...QUICK, "--concurrency", "11", "--cross-check"];
    const { code, stdout, stderr } = await workspace.run("npm", ...EXPERIMENT, ...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Note: Whether the account allows 11 executions at once is not known/m);
    expect(stdout).toMatch(/^ISOLATED/m);
    expect(stderr).toMatch(
      /^error: The caller may not read the log .*\nIt needs logs:FilterLogEvents, .* callerPolicy --stack dev"/m,
    );
  });

  test("the account's limit is asked for, and what is throttled is no failure", async () => {
    const { aws, workspace } = await deployed();
    aws.lambda.concurrentExecutions = 103;
    await workspace.expectSuccess("pulumi", "config", "set", "reservedConcurrency", "3");
    await workspace.up();
    const reserved = await workspace.run("npm", ...EXPERIMENT, ...QUICK, "--runs", "1");
    expect(reserved.stdout).toMatch(/^Note: .* reserved concurrency of 3: at least 2 of 5 will/m);
    expect(reserved.stdout).toMatch(/^Run 1 of 1 · .* · 2 throttled$/m);
    expect(reserved.code).toBe(0);

    await workspace.expectSuccess("pulumi", "config", "set", "reservedConcurrency", "none");
    await workspace.up();
    const args = [...QUICK, "--runs", "1", "--concurrency", "104"];
    const { stdout } = await workspace.run("npm", ...EXPERIMENT, ...args);
    expect(stdout).toMatch(
      /^Note: The account leaves .* 103 executions at once in eu-west-1: at least 1 of 104/m,
    );
  });

  test("credentials that AWS does not know are told apart from a missing permission", async () => {
    const { workspace } = await deployed();
    const wrong = await workspace.run(
      "env",
      "AWS_SECRET_ACCESS_KEY=wrong",
      "npm",
      ...EXPERIMENT,
      ...QUICK,
    );
    expect(wrong.code).toBe(3);
    expect(wrong.stdout).toMatch(/403 The request signature .*the secret key is not that of/);
    const unknown = await workspace.run(
      "env",
      "AWS_ACCESS_KEY_ID=AKIDNOBODY",
      "npm",
      ...EXPERIMENT,
      ...QUICK,
    );
    expect(unknown.stdout).toMatch(/403 .* token .* invalid: AWS does not know these credentials/);
  });
});
