import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { NAMED_PLANS, parsePlan } from "../../experiment/core/plan/plan-input.ts";
import type { RecordLine, RunLine, VerdictLine } from "../../experiment/core/record-lines.ts";
import { lifetimeOf, servedRuns } from "../../experiment/core/verdict/lifetime.ts";
import { runExperiment } from "../../experiment/experiment.ts";
import { Fold } from "../../experiment/records/fold.ts";
import { lifetimeWords } from "../../experiment/reports/words.ts";
import { openLocalTarget } from "../../experiment/targets/local-target.ts";
import { start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { openScreen } from "../screen/open-screen.ts";
import { KEYS } from "../screen/terminal.ts";

async function experiment(...args: string[]) {
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() };
  const run = start("experiment/command/run-experiment.ts", args, env);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

const isRun = (line: RecordLine): line is RunLine => line.type === "run";
const isVerdict = (line: RecordLine): line is VerdictLine => line.type === "verdict";

function planFile(content: unknown): string {
  const path = join(temporaryFolder(), "mine.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const MINE = {
  name: "two",
  clients: ["Eva", "Luis"],
  holdMs: 300,
  steps: 3,
  stages: [
    { concurrency: 1, requests: 1, pauseMs: 0 },
    { concurrency: 2, requests: 3, pauseMs: 100 },
  ],
};

test("a ramp shows that each request in flight has an environment of its own", async () => {
  const args = ["--plan", "ramp", "--concurrency", "8", "--hold", "300ms", "--json"];
  const { code, stdout } = await experiment(...args);
  expect(code).toBe(0);
  const lines = linesOf(stdout);
  const verdicts = lines.filter(isVerdict);
  expect(verdicts.map(({ environments }) => environments)).toEqual([1, 2, 4, 8, 8]);
  expect(verdicts.at(-1)).toMatchObject({ run: null, verdict: "isolated", outcomes: { ok: 15 } });
  expect(lines.find(isRun)?.plan).toMatchObject({ name: "ramp", holdMs: 300 });
});

test("a plan file is fired as it stands, but for what the command line overrides", async () => {
  const path = planFile(MINE);
  const { stdout } = await experiment("--plan", path, "--json");
  const lines = linesOf(stdout);
  expect(lines.filter(isRun).map(({ plan }) => plan)).toEqual([MINE, MINE]);
  expect(lines.at(-1)).toMatchObject({ outcomes: { ok: 4 } });

  const args = ["--plan", path, "--clients", "Ana", "--hold", "200ms", "--json"];
  const other = linesOf((await experiment(...args)).stdout);
  expect(other.find(isRun)?.plan).toEqual({ ...MINE, clients: ["Ana"], holdMs: 200 });
});

test.each([
  [
    ["--plan", "slope"],
    /^error: --plan: "slope" is none of reference, burst, ramp, steady, lifetime, nor a file's: its path has a \/ or ends in \.json$/m,
  ],
  [["--plan", "none.json"], /^error: --plan: none\.json cannot be read: ENOENT/m],
  [["--plan", "./package.json"], /--plan: \.\/package\.json: stages must be a list of 1 to 1,000/],
  [["--plan", "ramp", "--requests", "5"], /--requests: means nothing in the plan ramp/],
  [["--duration", "5s"], /--duration: means nothing in the plan reference/],
  [["--plan", "burst", "--hold", "2h"], /--hold: "2h" is not a duration from 100 ms to 1 min/],
  [["--environments", "0"], /'0' is invalid\. It must be a whole number from 1/],
  [["--workers", "2"], /--workers is an option of managed-instances: leave it out with --model on/],
  [["--model", "web-function", "--max-concurrency", "129"], /of web-function is at most 128/],
  [["--target", "stack", "--max-concurrency", "2"], /--max-concurrency: only the local Lambda/],
  [["--target", "http://127.0.0.1/", "--model", "web-function"], /--model: only the local Lambda/],
  [["--target", "stack", "--model", "on-demand"], /--model: only the local Lambda takes it; use/],
])("wrong usage, %j, exits with 2 and says what would be right", async (args, message) => {
  const { code, stderr, stdout } = await experiment(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe("");
});

test("what a plan file leaves to the command line are clients and hold", async () => {
  const { code, stderr } = await experiment("--plan", planFile(MINE), "--runs", "3", "--hold", "1");
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^error: --runs: the stages are those of .*mine\.json: change them there$/m,
  );
});

test("what a plan file holds never reaches the terminal as commands to it", async () => {
  const { stderr } = await experiment("--plan", planFile({ "\u001b[2J": 1, stages: [{}] }));
  expect(stderr).toContain("\\u001b[2J");
  expect(stderr).not.toContain("\u001b");
});

test("the local Lambda is as large as it is told to be", async () => {
  const sizes = ["--environments", "2", "--workers", "1", "--max-concurrency", "2"];
  const args = ["--model", "managed-instances", ...sizes, "--plan", "burst", "--concurrency", "5"];
  const { stdout } = await experiment(...args, "--hold", "500ms", "--runs", "1", "--json");
  expect(linesOf(stdout).at(-1)).toMatchObject({
    verdict: "shared",
    environments: 2,
    outcomes: { ok: 4, throttled: 1 },
  });
});

test("the help lists every plan on a line of its own", async () => {
  const { code, stdout } = await experiment("--help");
  expect(code).toBe(0);
  for (const name of ["reference", "burst", "ramp", "steady", "lifetime", "FILE"]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.*$`, "m"));
  }
});

test("between which pauses idle environments end is recovered from what was seen again", async () => {
  const target = await openLocalTarget({ idleTimeoutMs: 3_000 });
  onTestFinished(() => target.close());
  const fold = new Fold();
  const named = NAMED_PLANS.find(({ name }) => name === "lifetime");
  assert(named);
  const parsed = parsePlan({ concurrency: "3", hold: "200ms", pause: "3600ms" }, named);
  assert(parsed.ok);
  await runExperiment({
    plan: parsed.plan,
    target,
    signal: new AbortController().signal,
    out: join(temporaryFolder(), "record.ndjson"),
    fold,
  });
  const lifetime = lifetimeOf(servedRuns(fold.experiment.runs));
  expect(lifetime?.estimate).toEqual({ kind: "timeout", aboveMs: 1_800, belowMs: 3_600 });
  expect(lifetime && lifetimeWords(lifetime)).toMatch(
    /3 of 3 after 1\.8 s, 0 of 3 after 3\.6 s; idle ones end between 1\.8 s and 3\.6 s\.$/,
  );
});

test("the screen names a plan whose runs differ, and its form says what editing would do", async () => {
  const { terminal } = await openScreen({ args: ["--plan", "ramp"] });
  expect(terminal.lines[2]).toBe(" ramp: 127 requests in 7 runs, 1 to 64 at once, held 1 s");
  expect(terminal.text).toMatch(/Run by run 1 to 64 requests leave at the same instant/);
  terminal.press("e");
  await terminal.shows(/7 runs of 64 requests, 64 at once/);
  expect(terminal.text.replaceAll(/\s+/g, " ")).toMatch(/The runs of ramp differ: ⏎ replaces them/);
  terminal.press(KEYS.escape);
  await terminal.shows(/Nothing fired yet/);
  expect(terminal.lines[2]).toMatch(/^ ramp: 127 requests in 7 runs/);
});

test("on the screen a named plan is not changed by what was kept of another", async () => {
  const data = temporaryFolder();
  const kept = { plan: { clients: "Eva", concurrency: "3", runs: "4" }, target: "local" };
  writeFileSync(join(data, "settings.json"), JSON.stringify(kept));
  const args = ["--plan", planFile(MINE)];
  const { terminal } = await openScreen({ data, target: "kept", args });
  expect(terminal.lines[2]).toMatch(
    /^ two: 4 requests in 2 runs, 1 to 2 at once, a pause of 100 ms, held 300 ms$/,
  );
});
