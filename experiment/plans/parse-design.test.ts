import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { type Plan, planDurationMs, referencePlan } from "../core/plan/plan.ts";
import { DESIGNS, type DesignInput } from "./designs.ts";
import { findDesign, parseDesign } from "./parse-design.ts";
import { parsePlanFile } from "./schema.ts";

function planOf(name: string, input: DesignInput = {}): Plan {
  const design = findDesign(name);
  const parsed = design && parseDesign(design, input);
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed?.problems));
  return parsed.plan;
}

function problemsOf(name: string, input: DesignInput): Record<string, string> {
  const design = findDesign(name);
  const parsed = design && parseDesign(design, input);
  if (!parsed || parsed.ok) return {};
  return Object.fromEntries(parsed.problems.map(({ field, message }) => [field, message]));
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
  expect(planDurationMs(short)).toBe(2_000);
  expect(stagesOf(planOf("steady", { hold: "10s", duration: "1s" }))).toEqual([[20, 20, 0]]);
});

test("a steady load of too many requests is refused with what would help", () => {
  expect(problemsOf("steady", { concurrency: "10000", hold: "100ms", duration: "1h" })).toEqual({
    duration: "needs 360,000,000 requests, and 1,000,000 are the most: shorten it",
  });
  expect(problemsOf("steady", { duration: "2h" }).duration).toMatch(/from 100 ms to 60 min/);
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
  expect(problemsOf("ramp", { requests: "3", runs: "2", hold: "soon" })).toEqual({
    requests: "means nothing in the plan ramp, which takes clients, concurrency, hold, pause",
    runs: "means nothing in the plan ramp, which takes clients, concurrency, hold, pause",
    hold: '"soon" is not a duration from 100 ms to 1 min, such as 5s or 250ms',
  });
});

test("names are told apart, and none stands for another plan", () => {
  expect(new Set(DESIGNS.map(({ name }) => name)).size).toBe(DESIGNS.length);
  expect(findDesign("toString")).toBeUndefined();
});

test("whatever its options, a named plan is one that a plan file may hold", () => {
  const concurrency = fc.option(fc.integer({ min: 1, max: 10_000 }).map(String), {
    nil: undefined,
  });
  const ms = (min: number, max: number) =>
    fc.option(
      fc.integer({ min, max }).map((value) => `${value}ms`),
      { nil: undefined },
    );
  const options = fc.record({
    concurrency,
    hold: ms(100, 60_000),
    pause: ms(0, 3_600_000),
    duration: ms(100, 60_000),
  });
  fc.assert(
    fc.property(fc.constantFrom(...DESIGNS), options, (design, all) => {
      const input = Object.fromEntries(
        design.takes.map((name) => [name, { ...all }[name as "hold"]]),
      );
      const parsed = parseDesign(design, input);
      if (parsed.ok) expect(parsePlanFile(parsed.plan, "")).toEqual(parsed.plan);
      else expect(parsed.problems.map(({ field }) => field)).toEqual(["duration"]);
    }),
    { numRuns: inputs(300, 10_000) },
  );
});
