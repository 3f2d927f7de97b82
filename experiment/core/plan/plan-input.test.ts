import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import { LIMITS, referencePlan } from "./plan.ts";
import { type PlanInput, parsePlan } from "./plan-input.ts";

function problemsOf(input: PlanInput): Record<string, string> {
  const parsed = parsePlan(input);
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
    concurrency: '"fifty" is not a whole number from 1 to 10,000',
    requests: '"0" is not a whole number from 1 to 1,000,000',
    hold: '"61s" is not a duration from 100 ms to 1 min, such as 5s or 250ms',
  });
});

test.each([
  ["concurrency", "10001"],
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
