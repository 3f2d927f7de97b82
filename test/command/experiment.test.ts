/** `npm run experiment`, as its users run it. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lifetimeOf, servedRuns } from "../../experiment/core/verdict/lifetime.ts";
import { runExperiment } from "../../experiment/experiment.ts";
import { Fold } from "../../experiment/records/fold.ts";
import { openLocalTarget } from "../../experiment/targets/local-target.ts";
import { answerAlone, answerNow, answerPlainly, startServer } from "../http-server.ts";
import { commandOf, start, temporaryFile, temporaryFolder } from "../processes.ts";
import { fire, linesOf, recordsIn, SHORT } from "../programs.ts";
import { startTerminal } from "../screen/open-screen.ts";

test("the reference experiment: memory survives between two runs and never mixes", async () => {
  const { code, stdout, stderr, data, observations, verdict } = await fire(["--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const run = ["run", ...Array(5).fill("observation"), "verdict"];
  expect(linesOf(stdout).map(({ type }) => type)).toEqual([...run, ...run, "verdict"]);
  const [path = ""] = recordsIn(data);
  expect(readFileSync(path, "utf8")).toBe(stdout);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const clientOf = new Map<string | undefined, string>();
  for (const { client, response } of observations.slice(0, 5)) {
    expect(response?.globalData).toEqual({ counter: 1, client, clients: [client] });
    clientOf.set(response?.environment?.id, client);
  }
  expect(clientOf.size).toBe(5);
  for (const { client, response } of observations.slice(5)) {
    const clients = [clientOf.get(response?.environment?.id), client];
    expect(response?.globalData).toEqual({ counter: 2, client, clients });
  }
  const counted = { environments: 5, trials: 8, warmTrials: 4, outcomes: { ok: 10 } };
  expect(verdict).toMatchObject({ verdict: "isolated", memory: "kept", ...counted });
  expect(verdict?.bound).toBeCloseTo(0.312, 3);
});

test("the printed result shows each answer and the verdict with its evidence", async () => {
  const { stdout } = await fire(["--clients", "Ana,Bo", "--hold", "1s"]);
  for (const line of [
    /proves nothing about AWS/,
    /^Run 1 of 2 · cold · \d\.\d\d s · 2 environments$/m,
    /^ {2}Ana {2}[0-9a-f]{4} {2}cold {2}\{ counter: 1, client: "Ana", clients: \["Ana"\] \}$/m,
    /^Run 2 of 2 · warm/m,
    /^ISOLATED {2}2 environments served 4 requests, never two at once\./m,
    /^2 chances to share a process \(1 of them warm\), none taken/m,
    /^Record: .*\.ndjson$/m,
  ]) {
    expect.soft(stdout).toMatch(line);
  }
});

test("a control is fired first, told in words, and recorded apart from the experiment", async () => {
  const args = ["--control", "--hold", "500ms", "--expect", "isolated"];
  const { code, stdout, record } = await fire(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Control, run 1 of 2[\s\S]*^CONTROL {2}[\s\S]*^Run 1 of 2[\s\S]*^ISOLATED/m,
  );
  const runs = record.filter((line) => line.type === "run");
  expect(runs.map(({ role, target }) => [role, target.model])).toEqual([
    ["control", "web-function"],
    ["control", "web-function"],
    ["experiment", "on-demand"],
    ["experiment", "on-demand"],
  ]);
  expect(new Set(runs.map(({ experiment }) => experiment)).size).toBe(1);
  const wholes = record.filter((line) => line.type === "verdict" && line.run === null);
  expect(wholes).toMatchObject([
    { role: "control", verdict: "shared", overlaps: 20 },
    { verdict: "isolated", environments: 5 },
  ]);
  expect(record.at(-1)).not.toHaveProperty("role");
});

test("experiments of one deployment add their trials up", async () => {
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder() };
  const once = async () => (await fire(["--hold", "500ms"], env)).stdout;
  expect(await once()).not.toMatch(/recorded experiments/);
  expect(await once()).toMatch(/^Over 2 recorded experiments of this deployment: \d+ trials/m);
});

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

test.each([
  [[], MINE],
  [["--clients", "Ana", "--hold", "200ms"], { ...MINE, clients: ["Ana"], holdMs: 200 }],
])(
  "a plan file is fired as it stands, but for what the command line overrides: %j",
  async (args, plan) => {
    const { url } = await startServer(answerAlone);
    const path = temporaryFile("mine.json", JSON.stringify(MINE));
    const { record, verdict } = await fire(["--plan", path, "--target", url.href, ...args]);
    const fired = record.flatMap((line) => (line.type === "run" ? [line.plan] : []));
    expect(fired).toEqual([plan, plan]);
    expect(verdict?.outcomes).toEqual({ ok: 4 });
  },
);

test("the embedded Lambda is as large as it is told to be", async () => {
  const sizes = ["--environments", "2", "--workers", "1", "--max-concurrency", "2"];
  const plan = ["--plan", "burst", "--concurrency", "5", "--hold", "500ms", "--runs", "1"];
  const { verdict } = await fire(["--model", "managed-instances", ...sizes, ...plan]);
  const outcomes = { ok: 4, throttled: 1 };
  expect(verdict).toMatchObject({ verdict: "shared", environments: 2, outcomes });
});

test("between which pauses idle environments end is recovered from what was seen again", async () => {
  const target = await openLocalTarget({ idleTimeoutMs: 2_500 });
  onTestFinished(() => target.close());
  const pauses = [0, 1_000, 4_000];
  const stages = pauses.map((pauseMs) => ({ concurrency: 3, requests: 3, pauseMs }));
  const fold = new Fold();
  await runExperiment({
    plan: { name: "pauses", clients: ["Ana"], holdMs: 100, steps: 5, stages },
    target,
    signal: new AbortController().signal,
    out: join(temporaryFolder(), "record.ndjson"),
    fold,
  });
  const estimate = { kind: "timeout", aboveMs: 1_000, belowMs: 4_000 };
  expect(lifetimeOf(servedRuns(fold.experiment.runs))?.estimate).toEqual(estimate);
});

test.each([
  [0, ["--expect", "isolated"]],
  [3, ["--concurrency", "1", "--requests", "2"]],
  [4, ["--expect", "shared"]],
])("the verdict exits with %d after %j", async (expected, args) => {
  const { url } = await startServer((request, response) => {
    setTimeout(() => answerNow(request, response), 500);
  });
  const { code } = await fire([...SHORT, "--target", url.href, "--clients", "Ana,Bo", ...args]);
  expect(code).toBe(expected);
});

test("any URL can be the target, and answers without identity are inconclusive", async () => {
  const server = await startServer(answerPlainly);
  const { code, record, verdict } = await fire(["--target", server.url.href]);
  expect(code).toBe(3);
  expect(record[0]).toMatchObject({ target: { kind: "url", url: server.url.href } });
  expect(verdict).toMatchObject({ verdict: "inconclusive", trials: 0 });
  expect(server.requests).toHaveLength(10);
});

test.each([
  [["--concurrency", "fifty"], '--concurrency: "fifty" is not a whole number from 1 to 1,000,000'],
  [["--hold", "2h"], '--hold: "2h" is not a duration from 100 ms to 1 min, such as 5s'],
  [
    ["--hold", "500"],
    '--hold: "500" is not a duration from 100 ms to 1 min, a number alone means seconds',
  ],
  [["--target", "localhost:9000"], "such as http://localhost:9000"],
  [["--out", "page.html"], "--out: page.html would hold the record, which is NDJSON"],
  [["--target", "nowhere"], '--target: "nowhere" is no target: use local, stack, or a URL'],
  [["--model", "magic"], "'magic' is invalid. Allowed choices are on-demand"],
  [["--concurency", "5"], "Did you mean --concurrency?"],
  [["leftover"], "too many arguments"],
  [["--plan", "slope"], '--plan: "slope" is none of reference, burst, ramp, steady, lifetime'],
  [["--plan", "none.json"], "--plan: none.json does not exist: check its name"],
  [["--plan", "./package.json"], "--plan: ./package.json: stages must be a list of 1 to 1,000"],
  [["--plan", "ramp", "--requests", "5"], "--requests: means nothing in the plan ramp"],
  [["--environments", "0"], "'0' is invalid. It must be a whole number from 1"],
  [["--workers", "2"], "--workers is an option of managed-instances"],
  [["--target", "stack", "--max-concurrency", "2"], "--max-concurrency: only the embedded Lambda"],
  [
    ["--target", "http://127.0.0.1/", "--model", "web-function"],
    "--model: only the embedded Lambda",
  ],
  [["--cross-check"], "--cross-check: only a stack has a log to ask; add --target stack"],
])("wrong usage, %j, exits with 2 and says what would be right", async (args, words) => {
  const { code, stdout, stderr, record } = await fire(args);
  expect({ code, stdout, record }).toEqual({ code: 2, stdout: "", record: [] });
  expect(stderr).toContain(words);
});

test("a plan file leaves to the command line clients and hold alone", async () => {
  const path = temporaryFile("mine.json", JSON.stringify(MINE));
  const { code, stderr } = await fire(["--plan", path, "--runs", "3"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^error: --runs: the stages are those of .*mine\.json: change them there$/m,
  );
});

test("help and version are answers, not errors, and the help lists every plan", async () => {
  const help = start("experiment", ["--help"]);
  expect(await help.ended).toBe(0);
  for (const name of ["reference", "burst", "ramp", "steady", "lifetime", "FILE"]) {
    expect(help.stdout()).toMatch(new RegExp(`^  ${name} +\\S.*$`, "m"));
  }
  const version = start("experiment", ["--version"]);
  expect(await version.ended).toBe(0);
  expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("a record is never overwritten", async () => {
  const { url } = await startServer(answerPlainly);
  const out = join(temporaryFolder(), "new", "record.ndjson");
  const args = ["--target", url.href, "--runs", "1", "--out", out];
  expect((await fire(args)).code).toBe(3);
  const before = readFileSync(out, "utf8");
  const { code, stderr } = await fire(args);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /exists, and a record is never overwritten.\nName another file with --out/,
  );
  expect(readFileSync(out, "utf8")).toBe(before);
});

test.each([
  [24, "Run 1 of 1: opening con"],
  [80, "Run 1 of 1: opening connections …"],
])("in a terminal of %d columns the progress takes one line", async (columns, opening) => {
  const { url } = await startServer(answerAlone);
  const args = ["--target", url.href, ...SHORT];
  const terminal = startTerminal(commandOf("experiment", args), { columns });
  await terminal.exited;
  // Each line of progress takes away what stands there.
  const lines = terminal.written.split("\r\u001b[K");
  expect(lines).toContain(opening);
  for (const line of lines.filter((each) => /^Run 1 of 1: /.test(each))) {
    expect(line.length).toBeLessThan(columns);
  }
});
