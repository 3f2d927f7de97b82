import { expect, test } from "vitest";
import { loadCostUsd } from "../../pricing/cost.ts";
import { equalStages, referencePlan } from "../core/plan/plan.ts";
import { costWords } from "../reports/words.ts";
import { planCost } from "./cost.ts";

const BILLED = {
  region: "eu-west-1",
  architecture: "arm64",
  memoryMb: 128,
  provisionedConcurrency: 3,
} as const;

test("a plan costs what its stages cost together, each with its own concurrency", () => {
  const stages = [...equalStages(1, 2, 20, 0), ...equalStages(2, 10, 10, 0)];
  const { usd } = planCost({ ...referencePlan, stages, holdMs: 1_000 }, BILLED);
  const narrow = loadCostUsd(BILLED, { requests: 20, atOnce: 2, holdMs: 1_000 });
  const wide = loadCostUsd(BILLED, { requests: 20, atOnce: 10, holdMs: 1_000 });
  expect(usd).toBeCloseTo(narrow + wide, 12);
});

test("the words name the figure and what it rests on", () => {
  expect(costWords(planCost(referencePlan, { ...BILLED, provisionedConcurrency: "none" }))).toBe(
    "It costs about $0.000098 at list price: " +
      "128 MB arm64 in eu-west-1, a region of the ordinary price class.",
  );
});
