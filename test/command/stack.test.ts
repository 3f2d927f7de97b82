/** What `npm run experiment` says and asks before it fires at a stack. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answerPlainly, startServer } from "../http-server.ts";
import { commandOf, temporaryFolder } from "../processes.ts";
import { fire, linesOf, recordsIn, SHORT, startExperiment, wholeLines } from "../programs.ts";
import {
  deployThree,
  outputsOf,
  outputsOfAll,
  pathWithPulumi,
  stackOf,
  targetOutputs,
} from "../pulumi.ts";
import { startTerminal } from "../screen/open-screen.ts";
import { KEYS, type Terminal } from "../screen/terminal.ts";
import { waitUntil } from "../wait-until.ts";

const at = (outputs: Record<string, unknown>, ...args: string[]) =>
  fire(["--target", "stack", ...args], stackOf(outputs));

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
  return startTerminal([...through, ...command], { columns: 120, env: stackOf(outputs) });
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

const WARM = ["--hold", "500ms"];

test("one model of a stack, or some, are fired at by their names, and what is billed by the hour is said once, at first", async () => {
  const env = await deployThree();
  const one = ["--target", "stack", "--model", "web-function", "--expect", "shared", "--json"];
  const alone = await fire([...one, ...WARM], env);
  expect(alone.code).toBe(0);
  expect(alone.record[0]).toMatchObject({ target: { kind: "stack", model: "web-function" } });
  const two = ["--target", "stack:dev", "--model", "managed-instances,on-demand"];
  const both = await fire([...two, "--expect", "managed-instances=shared", ...WARM], env);
  expect(both.code).toBe(0);
  const models = recordsIn(both.data).map((path) => {
    const [run] = wholeLines(path);
    return run?.type === "run" && run.target.model;
  });
  expect(models).toEqual(["on-demand", "managed-instances"]);
  const [before, ...after] = both.stdout.split("billed, used or not: ");
  expect(before).not.toContain("Run 1");
  expect(after).toEqual([
    expect.stringMatching(/"pulumi destroy --stack dev" ends it[\s\S]*Run 1/),
  ]);
});

test("a model that is not deployed is said before anything is fired, with the command that adds it", async () => {
  const server = await startServer(answerPlainly);
  const missing = ["--model", "managed-instances,on-demand"];
  const { code, stdout, stderr } = await at(outputsOf(server.url.href), ...missing, ...SHORT);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    "error: The stack dev has no managed-instances; deployed: on-demand.\n" +
      'To add what is missing, run "pulumi config set models on-demand,managed-instances ' +
      '--stack dev && pulumi up --stack dev".\n',
  );
  expect(server.requests).toEqual([]);
});

/** Fails until it was asked so many times, and then refuses bad requests as the handler does. */
function startingServer(failures: number) {
  let asked = 0;
  return startServer((request, response) => {
    asked += 1;
    if (asked <= failures) response.writeHead(503).end();
    else if (request.body === "{}") response.writeHead(400).end('{"message":"client is missing"}');
    else answerPlainly(request, response);
  });
}

const managed = (url: URL) => outputsOfAll(targetOutputs("managed-instances", url.href));

test("Managed Instances are fired at once they answer, and what was waited is said", async () => {
  const server = await startingServer(1);
  const text = await at(managed(server.url), ...SHORT);
  expect(text.stdout).toMatch(/\n\nThe function answered after \d+ s\.\n\nRun 1 of 1/);
  const bodies = server.requests.map(({ body }) => body);
  expect(bodies.slice(0, 2)).toEqual(["{}", "{}"]);
  expect(bodies.slice(2).every((body) => body.includes('"client"'))).toBe(true);
  expect(text.observations.map(({ outcome }) => outcome)).toEqual(Array(5).fill("ok"));
  const ready = await at(managed(server.url), ...SHORT);
  expect(ready.stdout).not.toContain("answered after");
});

test("Ctrl-C ends the waiting for a function, and nothing is recorded", async () => {
  const server = await startingServer(Number.POSITIVE_INFINITY);
  const running = startExperiment(["--target", "stack", ...SHORT], stackOf(managed(server.url)));
  await waitUntil("the function to be asked", () => server.requests.length > 0);
  running.child.kill("SIGINT");
  expect(await running.ended).toBe(130);
  expect(running.record()).toEqual([]);
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
