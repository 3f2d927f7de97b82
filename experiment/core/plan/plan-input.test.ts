import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import { LIMITS, type Plan, referencePlan, stageDurationMs } from "./plan.ts";
import { changePlan, NAMED_PLANS, type PlanOptions, parsePlan } from "./plan-input.ts";

function parseNamed(name: string, options: PlanOptions) {
  const named = NAMED_PLANS.find((plan) => plan.name === name);
  assert(named);
  return parsePlan(options, named);
}

function problemsOf(options: PlanOptions, name = "reference"): Record<string, string> {
  const parsed = parseNamed(name, options);
  if (parsed.ok) return {};
  return Object.fromEntries(parsed.problems.map(({ field, message }) => [field, message]));
}

test("no input is the reference plan", () => {
  expect(parsePlan({})).toEqual({ ok: true, plan: referencePlan });
});

test("the reference typed out is the reference plan", () => {
  const input = { clients: "Ana,Barbara,Mario,Dean,John", concurrency: "5", hold: "5s", runs: "2" };
  expect(parsePlan(input)).toEqual({ ok: true, plan: referencePlan });
});

test("three clients are fired three at once, once each", () => {
  expect(parsePlan({ clients: "Ana, Bo\nCy,", runs: "1" })).toEqual({
    ok: true,
    plan: {
      name: "custom",
      clients: ["Ana", "Bo", "Cy"],
      holdMs: 5_000,
      steps: 5,
      stages: [{ concurrency: 3, requests: 3, pauseMs: 0 }],
    },
  });
});

test("the pause stands between runs", () => {
  const parsed = parsePlan({ runs: "3", pause: "2s" });
  expect(parsed.ok && parsed.plan.stages.map(({ pauseMs }) => pauseMs)).toEqual([0, 2_000, 2_000]);
});

test("duplicate names and separated thousands are fine", () => {
  const parsed = parsePlan({ clients: "Ana,Ana", concurrency: "1,000", requests: "10_000" });
  expect(parsed.ok && parsed.plan.stages[0]).toEqual({
    concurrency: 1_000,
    requests: 10_000,
    pauseMs: 0,
  });
});

test("every problem is reported, each with its field and what would be right", () => {
  expect(problemsOf({ clients: " , ", concurrency: "fifty", requests: "0", hold: "61s" })).toEqual({
    clients: "name at least one client, such as Ana, Barbara",
    concurrency: '"fifty" is not a whole number from 1 to 1,000,000',
    requests: '"0" is not a whole number from 1 to 1,000,000',
    hold: '"61s" is not a duration from 100 ms to 1 min, such as 5s or 250ms',
  });
});

test.each([
  ["concurrency", "1000001"],
  ["concurrency", "1.5"],
  ["concurrency", "-1"],
  ["concurrency", "1,00"],
  ["requests", "1000001"],
  ["hold", "99ms"],
  ["runs", "0"],
  ["pause", "2h"],
  ["clients", "x".repeat(101)],
] as const)("%s refuses %s", (field, text) => {
  expect(Object.keys(problemsOf({ [field]: text }))).toEqual([field]);
});

test("whatever is typed becomes a plan within the limits or problems in words", () => {
  const text = fc.option(fc.oneof(fc.string(), fc.nat().map(String)), { nil: undefined });
  const fields = { clients: text, concurrency: text, requests: text, hold: text, runs: text };
  fc.assert(
    fc.property(fc.record(fields), (input) => {
      const parsed = parsePlan(input);
      if (!parsed.ok) {
        expect(parsed.problems.length).toBeGreaterThan(0);
        return;
      }
      const { holdMs, stages, clients } = parsed.plan;
      expect(clients.length).toBeGreaterThan(0);
      expect(holdMs).toBeGreaterThanOrEqual(LIMITS.holdMs.min);
      expect(holdMs).toBeLessThanOrEqual(LIMITS.holdMs.max);
      for (const { concurrency, requests } of stages) {
        expect(concurrency).toBeLessThanOrEqual(LIMITS.concurrency.max);
        expect(requests).toBeLessThanOrEqual(LIMITS.requests.max);
      }
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

function planOf(name: string, input: PlanOptions = {}): Plan {
  const parsed = parseNamed(name, input);
  assert(parsed.ok);
  return parsed.plan;
}

/** Stages as `[concurrency, requests, pauseMs]`. */
function stagesOf(plan: Plan): number[][] {
  return plan.stages.map(({ concurrency, requests, pauseMs }) => [concurrency, requests, pauseMs]);
}

test("the reference is the reference, and a changed one is a custom plan", () => {
  expect(planOf("reference")).toBe(referencePlan);
  expect(planOf("reference", { concurrency: "7" })).toMatchObject({
    name: "custom",
    stages: [{ concurrency: 7, requests: 7 }, { concurrency: 7 }],
  });
});

test("a burst is a hundred at once, cold and then warm", () => {
  const plan = planOf("burst");
  expect(plan).toMatchObject({ name: "burst", clients: referencePlan.clients, holdMs: 1_000 });
  expect(stagesOf(plan)).toEqual([
    [100, 100, 0],
    [100, 100, 0],
  ]);
  expect(stagesOf(planOf("burst", { concurrency: "7", requests: "9", pause: "2s" }))).toEqual([
    [7, 9, 0],
    [7, 9, 2_000],
  ]);
});

test("a ramp doubles up to its concurrency, each stage as many requests as are in flight", () => {
  const plan = planOf("ramp");
  expect(plan.holdMs).toBe(1_000);
  expect(stagesOf(plan)).toEqual([1, 2, 4, 8, 16, 32, 64].map((each) => [each, each, 0]));
  expect(stagesOf(planOf("ramp", { concurrency: "6", pause: "1s" }))).toEqual([
    [1, 1, 0],
    [2, 2, 1_000],
    [4, 4, 1_000],
    [6, 6, 1_000],
  ]);
  expect(stagesOf(planOf("ramp", { concurrency: "1" }))).toEqual([[1, 1, 0]]);
});

test("a steady load has as many requests as its duration has room for", () => {
  expect(stagesOf(planOf("steady"))).toEqual([[20, 600, 0]]);
  const short = planOf("steady", { concurrency: "3", hold: "200ms", duration: "2s" });
  expect(stagesOf(short)).toEqual([[3, 30, 0]]);
  expect(short.stages.map((stage) => stageDurationMs(stage, short.holdMs))).toEqual([2_000]);
  expect(stagesOf(planOf("steady", { hold: "10s", duration: "1s" }))).toEqual([[20, 20, 0]]);
});

test("a steady load of too many requests is refused with what would help", () => {
  expect(problemsOf({ concurrency: "10000", hold: "100ms", duration: "1h" }, "steady")).toEqual({
    duration: "needs 360,000,000 requests, and 1,000,000 are the most: shorten it",
  });
  expect(problemsOf({ duration: "2h" }, "steady").duration).toMatch(/from 100 ms to 60 min/);
});

test("a lifetime's pauses double up to the longest", () => {
  const plan = planOf("lifetime");
  expect(plan.holdMs).toBe(500);
  expect(stagesOf(plan)).toEqual(
    [0, 30, 60, 120, 240, 480, 960].map((seconds) => [10, 10, seconds * 1_000]),
  );
  expect(stagesOf(planOf("lifetime", { concurrency: "2", pause: "1s" }))).toEqual(
    [0, 31, 63, 125, 250, 500, 1_000].map((pauseMs) => [2, 2, pauseMs]),
  );
});

test("an option that means nothing in a plan is refused, and so is every wrong one at once", () => {
  expect(problemsOf({ requests: "3", runs: "2", hold: "soon" }, "ramp")).toEqual({
    requests: "means nothing in the plan ramp, which takes clients, concurrency, hold, pause",
    runs: "means nothing in the plan ramp, which takes clients, concurrency, hold, pause",
    hold: '"soon" is not a duration from 100 ms to 1 min, such as 5s or 250ms',
  });
});

test("only the clients and the hold of a file's plan can be changed", () => {
  const plan = { ...referencePlan, name: "mine", steps: 3 };
  expect(changePlan(plan, { clients: "Bo", hold: "1s" }, "mine.json")).toEqual({
    ok: true,
    plan: { ...plan, clients: ["Bo"], holdMs: 1_000 },
  });
  expect(changePlan(plan, { runs: "3", pause: "soon" }, "mine.json")).toEqual({
    ok: false,
    problems: ["runs", "pause"].map((field) => ({
      field,
      message: "the stages are those of mine.json: change them there",
    })),
  });
});
