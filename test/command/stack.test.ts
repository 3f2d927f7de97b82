/** What `npm run experiment` says and asks before it fires at a stack. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { start, temporaryFolder } from "../processes.ts";
import { outputsOf, pathWithPulumi, scriptOf } from "../pulumi.ts";
import { KEYS, Terminal } from "../screen/terminal.ts";

async function experiment(outputs: Record<string, unknown>, ...args: string[]) {
  const run = start("experiment/command/run-experiment.ts", ["--target", "stack", ...args], {
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
    /^5 requests, 5 at once, held 100 ms · stack dev, .*\nDeployed on AWS: .*\nNote: .* at least 2 of 5 will be throttled\.\nIt costs about \$0\.0000\d+ at list price: .*\n\nRun 1 of 1/,
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

test.each([
  ["n", 1, /error: Nothing was fired\./],
  ["", 1, /error: Nothing was fired\./],
  ["y", 3, /INCONCLUSIVE/],
])("asked in a terminal, %j and Enter end with %d", async (answer, code, seen) => {
  const server = await startServer(answerPlainly);
  const terminal = askInTerminal(server.url);
  await terminal.shows(/It costs about \$\d+\.\d\d at list[\s\S]*Fire it\? \[y\/N\]/);
  terminal.press(`${answer}${KEYS.enter}`);
  expect(await terminal.exited).toBe(code);
  await terminal.shows(seen);
  expect(server.requests).toHaveLength(answer === "y" ? 600 : 0);
});

test("Ctrl-C instead of an answer leaves at once, without a word", async () => {
  const server = await startServer(answerPlainly);
  const terminal = askInTerminal(server.url);
  await terminal.shows(/Fire it\? \[y\/N\]/);
  terminal.press(KEYS.ctrl("c"));
  expect(await terminal.exited).toBe(130);
  expect(terminal.text).not.toMatch(/Error|\n\s+at /);
  expect(server.requests).toEqual([]);
});

test("where the question would not be seen, nothing is waited for", async () => {
  const server = await startServer(answerPlainly);
  const file = join(temporaryFolder(), "stderr");
  const terminal = askInTerminal(server.url, "sh", "-c", `exec "$@" 2>'${file}'`, "sh");
  expect(await terminal.exited).toBe(1);
  expect(readFileSync(file, "utf8")).toMatch(
    /nothing is fired unasked\.\nPass --yes to fire it\.\n$/,
  );
  expect(server.requests).toEqual([]);
});

/** @param through what to start the experiment with, unless it is started by itself */
function askInTerminal(url: URL, ...through: string[]): Terminal {
  const outputs = { ...outputsOf(url.href), maxHoldMs: 60_000, memoryMb: 10_240 };
  const args = ["--target", "stack", "--hold", "1m", "--requests", "600", "--runs", "1"];
  const experiment = [process.execPath, "experiment/command/run-experiment.ts", ...args];
  const [command = "", ...words] = [...through, ...experiment];
  const terminal = new Terminal(command, words, {
    columns: 120,
    env: {
      LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(),
      PATH: pathWithPulumi(scriptOf(outputs)),
    },
  });
  onTestFinished(() => terminal.dispose());
  return terminal;
}

test("what the Pulumi CLI says never reaches the terminal as commands to it", async () => {
  const evil = "echo 'error: \u001b]2;evil\u0007 and\nmore' >&2; exit 1";
  const run = start("experiment/command/run-experiment.ts", ["--target", "stack"], {
    PATH: pathWithPulumi(evil),
  });
  expect(await run.ended).toBe(1);
  expect(run.stderr()).toContain("\\u001b]2;evil\\u0007 and more");
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
  const run = start("experiment/command/run-experiment.ts", ["--target", "stack"], {
    PATH: "/nowhere",
  });
  expect(await run.ended).toBe(1);
  expect(run.stderr()).toMatch(/^error: The Pulumi CLI is not installed\.\nInstall it from https/);
});

test("only a stack can be cross-checked", async () => {
  const run = start("experiment/command/run-experiment.ts", ["--cross-check"]);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toMatch(/--cross-check: only a stack has a log to ask; add --target stack/);
});
