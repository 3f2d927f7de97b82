/** What `npm run experiment` says and asks before it fires at a stack. */

import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { outputsOf, pathWithPulumi, scriptOf } from "../pulumi.ts";

async function experiment(outputs: Record<string, unknown>, ...args: string[]) {
  const run = start("experiment/command/main.ts", ["--target", "stack", ...args], {
    LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
    PATH: pathWithPulumi(scriptOf(outputs)),
  });
  return { code: await run.ended, stdout: run.stdout(), stderr: run.stderr() };
}

const QUICK = ["--hold", "100ms", "--runs", "1"];
const COSTLY = ["--hold", "1m", "--requests", "1000000"];

test("cost and limits are said before the shot, and not where the record is printed", async () => {
  const server = await startServer(answerPlainly);
  const outputs = { ...outputsOf(server.url.href), reservedConcurrency: 3 };
  const text = await experiment(outputs, ...QUICK);
  expect(text.stdout).toMatch(
    /^Deployed on AWS: .*\nNote: .* at least 2 of 5 will be throttled\.\nIt costs about \$0\.0000\d+ at list price: .*\n\nRun 1 of 1/,
  );
  const json = await experiment(outputs, ...QUICK, "--json");
  expect(json.stderr).toMatch(/^Note: .*\nIt costs about \$/);
  for (const line of json.stdout.trimEnd().split("\n"))
    expect(() => JSON.parse(line)).not.toThrow();
});

test("a costly plan is not fired unless somebody agrees", async () => {
  const server = await startServer(answerPlainly);
  const outputs = { ...outputsOf(server.url.href), maxHoldMs: 60_000 };
  const { code, stderr } = await experiment(outputs, ...COSTLY);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: This plan costs \$\d+\.\d\d, and from \$1\.00 on nothing is fired unasked\.\nPass --yes/,
  );
  expect(server.requests).toEqual([]);
});

test("--yes agrees beforehand", async () => {
  const server = await startServer(answerPlainly);
  const outputs = { ...outputsOf(server.url.href), maxHoldMs: 60_000, memoryMb: 10_240 };
  const args = ["--hold", "1m", "--requests", "300", "--runs", "1", "--yes"];
  const { code, stdout } = await experiment(outputs, ...args);
  expect(code).toBe(3);
  expect(stdout).toMatch(/It costs about \$2\.4\d/);
  expect(server.requests).toHaveLength(300);
});

test("without a stack the next step is said, and nothing is fired elsewhere", async () => {
  const run = start("experiment/command/main.ts", ["--target", "stack"], { PATH: "/nowhere" });
  expect(await run.ended).toBe(1);
  expect(run.stderr()).toMatch(/^error: The Pulumi CLI is not installed\.\nInstall it from https/);
});

test("only a stack can be cross-checked", async () => {
  const run = start("experiment/command/main.ts", ["--cross-check"]);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toMatch(/--cross-check: only a stack has a log to ask; add --target stack/);
});
