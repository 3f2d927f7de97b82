/** What `npm run experiment` says and asks before it fires at a stack. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { commandOf, temporaryFolder } from "../processes.ts";
import { fire, linesOf, SHORT } from "../programs.ts";
import { outputsOf, pathWithPulumi, scriptOf } from "../pulumi.ts";
import { startTerminal } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";

const at = (outputs: Record<string, unknown>, ...args: string[]) =>
  fire(["--target", "stack", ...args], { PATH: pathWithPulumi(scriptOf(outputs)) });

const LARGE = { maxHoldMs: 60_000, memoryMb: 10_240 };
const COSTLY = ["--hold", "1m", "--requests", "600", "--runs", "1"];

test("cost and limits are said before the shot, and not where the record is printed", async () => {
  const server = await startServer(answerPlainly);
  const outputs = { ...outputsOf(server.url.href), reservedConcurrency: 3 };
  const text = await at(outputs, ...SHORT);
  expect(text.stdout).toMatch(
    /^5 requests, 5 at once, held 100 ms · stack dev, .*\nDeployed on AWS: .*\nNote: .* at least 2 of 5 will be throttled\.\nIt costs about \$0\.0000\d+ at list price: .*\n\nRun 1 of 1/,
  );
  const json = await at(outputs, ...SHORT, "--json");
  expect(json.stderr).toMatch(/^Note: .*\nIt costs about \$/);
  expect(linesOf(json.stdout)).toEqual(json.record);
});

test("a costly plan is not fired unless somebody agrees, be it beforehand", async () => {
  const server = await startServer(answerPlainly);
  const outputs = { ...outputsOf(server.url.href), ...LARGE };
  const { code, stderr } = await at(outputs, ...COSTLY);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: This plan costs \$\d+\.\d\d, .*\nPass --yes/);
  expect(server.requests).toEqual([]);
  const agreed = await at(outputs, ...COSTLY, "--yes");
  expect(agreed.code).toBe(3);
  expect(agreed.stdout).toMatch(/It costs about \$4\.\d\d/);
  expect(server.requests).toHaveLength(600);
});

/** @param through what to start the experiment with, unless it is started by itself */
function askInTerminal(url: URL, ...through: string[]): Terminal {
  const outputs = { ...outputsOf(url.href), ...LARGE };
  const command = commandOf("experiment", ["--target", "stack", ...COSTLY]);
  const env = { PATH: pathWithPulumi(scriptOf(outputs)) };
  return startTerminal([...through, ...command], { columns: 120, env });
}

test.each([
  ["n and Enter", `n${KEYS.enter}`, 1, /error: Nothing was fired\./],
  ["Enter", KEYS.enter, 1, /error: Nothing was fired\./],
  ["y and Enter", `y${KEYS.enter}`, 3, /INCONCLUSIVE/],
  ["Ctrl-C", KEYS.ctrl("c"), 130, /Fire it\? \[y\/N\]/],
])("asked in a terminal, %s ends as it should", async (_, answer, code, seen) => {
  const server = await startServer(answerPlainly);
  const terminal = askInTerminal(server.url);
  await terminal.shows(/It costs about \$\d+\.\d\d at list[\s\S]*Fire it\? \[y\/N\]/);
  terminal.press(answer);
  expect(await terminal.exited).toBe(code);
  expect(await terminal.shows(seen)).not.toMatch(/\n\s+at /);
  expect(server.requests).toHaveLength(answer.startsWith("y") ? 600 : 0);
});

test("where the question would not be seen, nothing is waited for", async () => {
  const server = await startServer(answerPlainly);
  const file = join(temporaryFolder(), "stderr");
  const terminal = askInTerminal(server.url, "sh", "-c", `exec "$@" 2>'${file}'`, "sh");
  expect(await terminal.exited).toBe(1);
  expect(readFileSync(file, "utf8")).toMatch(/fired unasked\.\nPass --yes to fire it\.\n$/);
  expect(server.requests).toEqual([]);
});

test("what the Pulumi CLI says is text, and without it the next step is said", async () => {
  const evil = "echo 'error: \u001b]2;evil\u0007 and\nmore' >&2; exit 1";
  const said = await fire(["--target", "stack"], { PATH: pathWithPulumi(evil) });
  expect(said.code).toBe(1);
  expect(said.stderr).toContain("\\u001b]2;evil\\u0007 and more");
  const missing = await fire(["--target", "stack"], { PATH: "/nowhere" });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(
    /^error: The Pulumi CLI is not installed\.\nInstall it from https/,
  );
});
