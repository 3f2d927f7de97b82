/** Each model yields the verdict that its construction implies, and the control vouches for it. */

import { expect, test } from "vitest";
import type { RecordLine, RunLine, VerdictLine } from "../../experiment/core/record-lines.ts";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";

async function experiment(...args: string[]) {
  const run = start("experiment/command/run-experiment.ts", args, {
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
  });
  return { code: await run.ended, stdout: run.stdout(), stderr: run.stderr() };
}

async function record(...args: string[]): Promise<RecordLine[]> {
  const { stdout } = await experiment(...args, "--json");
  return linesOf(stdout);
}

const QUICK = ["--hold", "500ms"];

test.each<[string, string[], Partial<VerdictLine>]>([
  [
    "web-function",
    ["--model", "web-function"],
    { verdict: "shared", sharing: "globals", environments: 1, processes: 1, instances: 1 },
  ],
  [
    "one managed environment with one worker",
    ["--model", "managed-instances", "--environments", "1", "--workers", "1"],
    { verdict: "shared", sharing: "globals", environments: 1, instances: 1, coldStarts: 0 },
  ],
  [
    "one managed environment with five workers",
    ["--model", "managed-instances", "--environments", "1", "--workers", "5"],
    { verdict: "shared", environments: 1, processes: 1, coldStarts: 0 },
  ],
  [
    "five managed environments that take one request each",
    ["--model", "managed-instances", "--environments", "5", "--max-concurrency", "1"],
    { verdict: "isolated", environments: 5, processes: 5, coldStarts: 0, overlaps: 0 },
  ],
])("%s", async (_, args, expected) => {
  const verdict = (await record(...args, ...QUICK)).at(-1) as VerdictLine;
  expect(verdict).toMatchObject(expected);
  expect(verdict.outcomes).toEqual({ ok: 10 });
  if (verdict.sharing === "globals") expect(verdict.mixed).toBeGreaterThan(0);
  if (verdict.verdict === "shared") expect(verdict.witness?.second).toBeDefined();
});

test("a control is fired first, told in words, and recorded apart from the experiment", async () => {
  const args = ["--control", ...QUICK, "--expect", "isolated"];
  const { code, stdout } = await experiment(...args);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Control, run 1 of 2[\s\S]*^CONTROL {2}The instrument saw sharing when it happened: 20 overlaps in 10 requests\.[\s\S]*^Run 1 of 2[\s\S]*^ISOLATED/m,
  );
});

test("the record of a control carries its role, and its verdict stands before the experiment's", async () => {
  const lines = await record("--control", ...QUICK, "--runs", "1");
  const runs = lines.filter((line): line is RunLine => line.type === "run");
  expect(runs.map(({ role, target }) => [role, target.model])).toEqual([
    ["control", "web-function"],
    ["experiment", "on-demand"],
  ]);
  expect(new Set(runs.map(({ experiment }) => experiment)).size).toBe(1);
  const wholes = lines.filter((line) => line.type === "verdict" && line.run === null);
  expect(wholes).toMatchObject([
    { role: "control", verdict: "shared", overlaps: 10 },
    { verdict: "isolated", environments: 5 },
  ]);
  expect(lines.at(-1)).not.toHaveProperty("role");
});

test("a control that cannot show sharing makes the verdict inconclusive, with the reason", async () => {
  const one = ["--control", "--concurrency", "1", "--requests", "2", "--hold", "100ms"];
  const { code, stdout } = await experiment(...one);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^CONTROL FAILED {2}The instrument saw no sharing in 4 requests/m);
});

test("experiments of one deployment add their trials up", async () => {
  const data = temporaryFolder();
  const fire = async () => {
    const args = ["--hold", "500ms", "--runs", "1"];
    const env = { LAMBDA_CONCURRENCY_TEST_DATA: data };
    const run = start("experiment/command/run-experiment.ts", args, env);
    expect(await run.ended).toBe(0);
    return run.stdout();
  };
  expect(await fire()).not.toMatch(/recorded experiments/);
  expect(await fire()).toMatch(
    /^Over 2 recorded experiments of this deployment: \d trials, sharing below \d\d % \(95 %\)\.$/m,
  );
});
