import { expect, test } from "vitest";
import { referencePlan } from "../core/plan/plan.ts";
import type { Conclusion } from "../core/record-lines.ts";
import type { LifetimeEstimate } from "../core/verdict/lifetime.ts";
import { EnvironmentLabels } from "../records/environment-labels.ts";
import {
  globalDataText,
  lifetimeWords,
  outcomesWords,
  planWords,
  pooledPhrase,
  pooledWords,
  verdictWords,
} from "./words.ts";

test("globalData reads as a literal, and a long list of clients by its end", () => {
  const clients = ["a", "b", "c", "d", "e", "f", "g", "h"];
  expect(globalDataText({ counter: 1, client: "Ana", clients: ["Ana"] })).toBe(
    '{ counter: 1, client: "Ana", clients: ["Ana"] }',
  );
  expect(globalDataText({ counter: 18, client: "h", clients, dropped: 10 })).toBe(
    '{ counter: 18, client: "h", clients: [… 12 earlier, "c", "d", "e", "f", "g", "h"] }',
  );
});

test.each([
  ["5 requests, 5 at once, held 5 s", [[5, 5]]],
  [
    "2 runs of 5 requests, 5 at once, held 5 s",
    [
      [5, 5],
      [5, 5],
    ],
  ],
  [
    "31 requests in 5 runs, 1 to 16 at once, held 5 s",
    [
      [1, 1],
      [2, 2],
      [4, 4],
      [8, 8],
      [16, 16],
    ],
  ],
  [
    "2 runs of 10 requests, 5 to 10 at once, held 5 s",
    [
      [5, 10],
      [10, 10],
    ],
  ],
  [
    "2 runs of 3 requests, 3 at once, a pause of 2 s, held 5 s",
    [
      [9, 3],
      [9, 3, 2_000],
    ],
  ],
  [
    "3 runs of 1 request, 1 at once, pauses of 1 s to 2 s, held 5 s",
    [
      [1, 1],
      [1, 1, 1_000],
      [1, 1, 2_000],
    ],
  ],
  ["1 request, 1 at once, a pause of 1 s, held 5 s", [[1, 1, 1_000]]],
] satisfies [string, number[][]][])("a plan's words cover all its stages: %s", (words, all) => {
  const stages = all.map(([concurrency = 0, requests = 0, pauseMs = 0]) => {
    return { concurrency, requests, pauseMs };
  });
  expect(planWords({ ...referencePlan, stages })).toBe(words);
});

test("outcomes stand in one order, whichever came first", () => {
  expect(outcomesWords({ throttled: 18, ok: 6 })).toBe("6 ok, 18 throttled");
});

const conclusion: Conclusion = {
  verdict: "shared",
  sharing: "globals",
  environments: 1,
  processes: 1,
  instances: 1,
  coldStarts: 1,
  overlaps: 10,
  mixed: 4,
  trials: 4,
  warmTrials: 0,
  outcomes: { ok: 5 },
  wallMs: 5_005,
  skewMs: 1,
  witness: {
    environment: "[$LATEST]77aa",
    pid: 8,
    first: { run: "r", index: 0, client: "Ana", requestId: "a", enteredMs: 0, leftMs: 5_004 },
    second: { run: "r", index: 1, client: "Bo", requestId: "b", enteredMs: 1, leftMs: 5_005 },
  },
};
const labels = new EnvironmentLabels(["[$LATEST]77aa"]);

test("sharing is told by its witnesses", () => {
  expect(verdictWords(conclusion, labels)).toEqual({
    title: "SHARED",
    finding:
      "Ana was inside from 0 to 5,004 ms and Bo was inside from 1 to 5,005 ms, both in process 77aa (pid 8).",
    evidence:
      "10 pairs of requests overlapped. 4 of 5 answers carried another request's globalData.",
  });
});

test("a partner that was not seen is told as such, and globals apart by the title", () => {
  const { witness, ...rest } = conclusion;
  const alone = witness && { environment: witness.environment, pid: 8, first: witness.first };
  const words = verdictWords({ ...rest, sharing: "process", witness: alone }, labels);
  expect(words.title).toBe("SHARED PROCESS");
  expect(words.finding).toMatch(/^Ana was not alone in process 77aa/);
});

test("of an experiment that was stopped it is said how many requests were aborted", () => {
  const ended = { ...conclusion, environments: 5, outcomes: { ok: 5, throttled: 1, aborted: 4 } };
  expect(verdictWords({ ...ended, verdict: "isolated" }, labels).finding).toMatch(
    /^5 environments served 5 of 10 requests \(4 aborted\), never two at once\./,
  );
  expect(verdictWords({ ...ended, verdict: "inconclusive" }, labels).evidence).toBe(
    "5 environments served 5 of 10 requests (4 aborted).",
  );
});

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

const survivals = [
  { pauseMs: 30_000, before: 10, after: 10 },
  { pauseMs: 960_000, before: 10, after: 0 },
];

test.each<[LifetimeEstimate, string]>([
  [{ kind: "timeout", aboveMs: 30_000, belowMs: 960_000 }, "idle ones end between 30 s and 16 min"],
  [{ kind: "timeout", aboveMs: 960_000 }, "idle ones live longer than 16 min"],
  [{ kind: "timeout", belowMs: 30_000 }, "idle ones end within 30 s"],
  [{ kind: "half-life", halfLifeMs: 382_113 }, "half of the idle ones end every 380 s or so"],
  [{ kind: "unexplained" }, "neither one timeout nor one half-life explains that"],
])("survivors and what they say, %j, are one sentence", (estimate, words) => {
  expect(lifetimeWords({ survivals, estimate })).toBe(
    `Environments seen again: 10 of 10 after 30 s, 0 of 10 after 16 min; ${words}.`,
  );
});

test("the first of many pauses are told", () => {
  const many = Array.from({ length: 10 }, (_, index) => {
    return { pauseMs: (index + 1) * 1_000, before: 1, after: 1 };
  });
  expect(
    lifetimeWords({ survivals: many, estimate: { kind: "timeout", aboveMs: 10_000 } }),
  ).toMatch(/1 of 1 after 8 s, and so on for 2 more pauses; idle ones live longer than 10 s\.$/);
});
