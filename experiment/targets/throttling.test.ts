import { expect, test } from "vitest";
import { equalStages, type Plan, referencePlan } from "../core/plan/plan.ts";
import { throttlingCautions } from "./throttling.ts";

function burst(concurrency: number): Plan {
  return { ...referencePlan, stages: equalStages(2, concurrency, 2 * concurrency, 0) };
}

const OPEN = {
  reservedConcurrency: "none",
  provisionedConcurrency: "none",
  region: "eu-west-1",
} as const;

test("a burst above the reservation is said to be throttled, without asking the account", async () => {
  const ask = () => Promise.reject(new Error("asked"));
  const cautions = throttlingCautions({ ...OPEN, reservedConcurrency: 3 }, ask);
  expect(await cautions(burst(3))).toEqual([]);
  expect(await cautions(burst(5))).toEqual([
    "The function has a reserved concurrency of 3: at least 2 of 5 will be throttled.",
  ]);
});

test("a burst above what the account has left is said to be throttled; it is asked once", async () => {
  let asked = 0;
  const cautions = throttlingCautions(OPEN, async () => {
    asked += 1;
    return 900;
  });
  expect(await cautions(burst(900))).toEqual([]);
  expect(await cautions(burst(1_000))).toEqual([
    "The account leaves functions without a reservation 900 executions at once in eu-west-1: " +
      "at least 100 of 1,000 will be throttled.",
  ]);
  expect(asked).toBe(1);
});

test("where the account's limit is not known, that is said of bursts that may meet it", async () => {
  const cautions = throttlingCautions(OPEN, async () => undefined);
  expect(await cautions(burst(10))).toEqual([]);
  const [caution] = await cautions(burst(11));
  expect(caution).toMatch(/allows 11 executions at once is not known.*lambda:GetAccountSettings/);
});

test("more cold starts at once than a function gets environments are said to be throttled", async () => {
  const cautions = throttlingCautions(OPEN, async () => 10_000);
  expect(await cautions(burst(1_000))).toEqual([]);
  expect(await cautions(burst(5_000))).toEqual([
    "A function gets 1,000 more environments in ten seconds: " +
      "of 5,000 cold starts at once, 4,000 will be throttled.",
  ]);
  const ready = throttlingCautions({ ...OPEN, provisionedConcurrency: 4_000 }, async () => 10_000);
  expect(await ready(burst(5_000))).toEqual([]);
});
