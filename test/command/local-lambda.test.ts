import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { start } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";

const curl = promisify(execFile);

async function startAlone(...args: string[]) {
  const running = start("local-lambda/main.ts", args);
  const url = await waitUntil("the URL", () => /http:\S+/.exec(running.stdout())?.[0]);
  return { ...running, url };
}

test("alone it prints its URL, works with curl, and ends on Ctrl-C", async () => {
  const { child, url, ended } = await startAlone("--model", "on-demand", "--env", "NOTE=a=b");
  const { stdout } = await curl("curl", ["-s", "-d", '{"client":"Ana","holdMs":50}', url]);
  expect(JSON.parse(stdout)).toMatchObject({ client: "Ana", globalData: { counter: 1 } });
  const bad = await curl("curl", ["-s", "-w", " %{http_code}", "-d", "[]", url]);
  expect(bad.stdout).toMatch(/^\{"message":"body: .*\} 400$/);
  child.kill("SIGINT");
  expect(await ended).toBe(0);
});

test("a port that is taken is said in words", async () => {
  const { url } = await startAlone();
  const second = start("local-lambda/main.ts", ["--port", new URL(url).port]);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toMatch(/^Port \d+ is taken\. Choose another with --port/);
});

test.each([
  [["--port", "x"], /It must be a whole number from 0 to 65535/],
  [["--env", "novalue"], /It must look like NAME=value/],
  [["--prot", "1"], /Did you mean --port\?/],
])("wrong usage, %j, says what would be right", async (args, message) => {
  const run = start("local-lambda/main.ts", args);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toMatch(message);
});
