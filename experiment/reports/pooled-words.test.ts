import { expect, test } from "vitest";
import { pooledPhrase, pooledWords } from "./words.ts";

test("one experiment has nothing to add to itself", () => {
  const single = { isolated: 1, shared: 0, trials: 4, bound: 0.53 };
  expect(pooledWords(single)).toBeUndefined();
  expect(pooledPhrase(single)).toBeUndefined();
});

test("agreeing experiments add their trials up, disagreeing ones are told apart", () => {
  expect(pooledWords({ isolated: 7, shared: 0, trials: 56, bound: 0.052 })).toBe(
    "Over 7 recorded experiments of this deployment: 56 trials, sharing below 5.2 % (95 %).",
  );
  expect(pooledWords({ isolated: 5, shared: 2, trials: 40 })).toBe(
    "The 7 recorded experiments of this deployment disagree: 2 saw sharing, 5 did not.",
  );
  expect(pooledWords({ isolated: 0, shared: 3, trials: 0 })).toBe(
    "All 3 recorded experiments of this deployment saw sharing.",
  );
  expect(pooledPhrase({ isolated: 5, shared: 2, trials: 40 })).toBe(
    "2 of 7 experiments saw sharing.",
  );
});
