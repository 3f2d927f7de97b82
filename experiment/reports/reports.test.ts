import { expect, test } from "vitest";
import { printable } from "../../basics/printable.ts";
import { referencePlan } from "../core/plan/plan.ts";
import type { Conclusion } from "../core/record-lines.ts";
import { EnvironmentLabels } from "../records/environment-labels.ts";
import { globalDataText } from "./global-data-text.ts";
import { percent, plural, quantile, seconds } from "./numbers.ts";
import { outcomesWords, planWords } from "./target-words.ts";
import { verdictWords } from "./verdict-words.ts";

function label(ids: readonly string[]): (string | undefined)[] {
  const labels = new EnvironmentLabels(ids);
  return ids.map((id) => labels.get(id));
}

test("labels are the shortest that are unique, of what makes log streams differ", () => {
  const ids = ["2026/11/23/[$LATEST]3f2a91", "2026/11/23/[$LATEST]91cc02"];
  expect(label(ids)).toEqual(["3f2a", "91cc"]);
  expect(label([...ids, "2026/11/23/[$LATEST]3f2a92"])).toEqual(["3f2a91", "91cc02", "3f2a92"]);
});

test("environments that are named alike in their distinctive part are told apart by the whole", () => {
  expect(label(["a]same", "b]same"])).toEqual(["a]sa", "b]sa"]);
  expect(label(["short", "x"])).toEqual(["shor", "x"]);
  expect(label(["a]same", "other", "b]same"])).toEqual(["a]sa", "othe", "b]sa"]);
});

test("half a million environments can be labelled", () => {
  const ids = Array.from({ length: 500_000 }, (_, index) => `[$LATEST]${index}`);
  expect(new Set(label(ids)).size).toBe(500_000);
});

test("globalData reads as a literal, and a long list of clients by its end", () => {
  const clients = ["a", "b", "c", "d", "e", "f", "g", "h"];
  expect(globalDataText({ counter: 1, client: "Ana", clients: ["Ana"] })).toBe(
    '{ counter: 1, client: "Ana", clients: ["Ana"] }',
  );
  expect(globalDataText({ counter: 18, client: "h", clients, dropped: 10 })).toBe(
    '{ counter: 18, client: "h", clients: [… 12 earlier, "c", "d", "e", "f", "g", "h"] }',
  );
});

test("what a terminal would obey is shown as its code", () => {
  expect(printable("\u001b[31mé\u202e\u2028\ud800🙂")).toBe("\\u001b[31mé\\u202e\\u2028\\ud800🙂");
});

test.each([
  [0.527, "53 %"],
  [0.312, "31 %"],
  [0.0298, "3.0 %"],
  [0.002995, "0.30 %"],
  [3e-9, "0.00000030 %"],
  [1e-300, "<1e-9 %"],
  [0, "0 %"],
])("the probability %d reads %s", (probability, text) => {
  expect(percent(probability)).toBe(text);
});

test.each([
  [5_504, "5.50 s"],
  [-0.4, "0.00 s"],
  [-5_000, "<0 s"],
  [1e300, ">100,000,000 s"],
  [Number.NaN, ">100,000,000 s"],
])("%d ms read %s", (ms, text) => {
  expect(seconds(ms)).toBe(text);
});

test("numbers have separators and nouns agree with them", () => {
  expect(plural(1, "request")).toBe("1 request");
  expect(plural(10_000, "request")).toBe("10,000 requests");
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

test("quantiles are values of the list", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(3);
  expect(quantile([1, 2, 3, 4], 1)).toBe(4);
  expect(quantile([], 0.5)).toBe(0);
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
const labels = new Map([["[$LATEST]77aa", "77aa"]]);

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
