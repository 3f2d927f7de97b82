import { expect, test } from "vitest";
import { parseRequest } from "../../../handler/contract.ts";
import {
  equalStages,
  isUneven,
  LIMITS,
  referencePlan,
  requestsOf,
  stageDurationMs,
} from "./plan.ts";

const STAGE = { concurrency: 2, requests: 5, pauseMs: 0 };

test("a stage takes as many rounds of the hold as its concurrency needs", () => {
  const { stages, holdMs } = referencePlan;
  expect(stages.map((stage) => stageDurationMs(stage, holdMs))).toEqual([5_000, 5_000]);
  expect(stageDurationMs(STAGE, 1_000)).toBe(3_000);
  expect(stageDurationMs({ concurrency: 1, requests: 1, pauseMs: 60_000 }, 1_000)).toBe(1_000);
});

test("all stages' requests are counted", () => {
  expect(requestsOf({ ...referencePlan, stages: [STAGE, STAGE] })).toBe(10);
});

test("stages are alike as long as they differ by the first one's missing pause alone", () => {
  const uneven = (...stages: (typeof STAGE)[]) => isUneven({ ...referencePlan, stages });
  expect(uneven(...equalStages(3, 2, 5, 1_000))).toBe(false);
  expect(uneven(STAGE)).toBe(false);
  expect(uneven(STAGE, { ...STAGE, concurrency: 3 })).toBe(true);
  expect(uneven(STAGE, { ...STAGE, requests: 6 })).toBe(true);
  expect(uneven(...equalStages(2, 2, 5, 1_000), STAGE)).toBe(true);
  expect(uneven({ ...STAGE, pauseMs: 1_000 })).toBe(true);
});

test("the limit of steps is the handler's own", () => {
  const ask = (steps: number) => parseRequest(JSON.stringify({ client: "Ana", steps }), 60_000).ok;
  expect([LIMITS.steps.min, LIMITS.steps.max].map(ask)).toEqual([true, true]);
  expect([LIMITS.steps.min - 1, LIMITS.steps.max + 1].map(ask)).toEqual([false, false]);
});
