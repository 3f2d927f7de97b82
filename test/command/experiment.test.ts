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
  expect(stderr).toMatch(/exists, and a record is never overwritten.\nName another one with --out/);
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
