import { describe, expect, test } from "vitest";
import { type Billed, idleCostUsdPerHour, loadCostUsd, priceOf, usdText } from "./cost.ts";

const ON_DEMAND: Billed = {
  region: "us-east-1",
  architecture: "x86_64",
  memoryMb: 128,
  provisionedConcurrency: "none",
};

/** By hand: ten requests of 5 s and 50 ms are 6.3125 GB-seconds at 128 MB, and log 25,000 bytes. */
const TEN = { requests: 10, atOnce: 5, holdMs: 5_000 };
const LOG_USD = (25_000 / 2 ** 30) * 0.5;

describe("what requests cost, by hand", () => {
  test.each<[string, Partial<Billed>, number]>([
    ["x86_64", {}, 6.3125 * 0.0000166667 + 10 * 0.0000002],
    ["arm64", { architecture: "arm64" }, 6.3125 * 0.0000133334 + 10 * 0.0000002],
    ["all provisioned", { provisionedConcurrency: 5 }, 6.3125 * 0.0000097222 + 10 * 0.0000002],
    ["more provisioned", { provisionedConcurrency: 50 }, 6.3125 * 0.0000097222 + 10 * 0.0000002],
    [
      "two of five provisioned",
      { provisionedConcurrency: 2 },
      6.3125 * (0.4 * 0.0000097222 + 0.6 * 0.0000166667) + 10 * 0.0000002,
    ],
    ["a dearer region", { region: "me-south-1" }, 6.3125 * 0.0000206667 + 10 * 0.00000025],
  ])("%s", (_, changes, expected) => {
    expect(loadCostUsd({ ...ON_DEMAND, ...changes }, TEN)).toBeCloseTo(expected + LOG_USD, 12);
  });

  test("nothing, when there are none", () => {
    expect(loadCostUsd(ON_DEMAND, { requests: 0, atOnce: 0, holdMs: 60_000 })).toBe(0);
  });
});

test("two provisioned environments of 512 MB are one GB for an hour, used or not", () => {
  const kept = { ...ON_DEMAND, memoryMb: 512, provisionedConcurrency: 2 };
  expect(idleCostUsdPerHour(kept)).toBeCloseTo(3_600 * 0.0000041667, 10);
  expect(idleCostUsdPerHour(ON_DEMAND)).toBe(0);
});

test.each([
  [1.204, "$1.20"],
  [1_234.5, "$1234.50"],
  [0.5, "$0.50"],
  [0.0031, "$0.0031"],
  [0.00008543, "$0.000085"],
  [0, "$0.00"],
])("%d dollars read %s", (usd, text) => {
  expect(usdText(usd)).toBe(text);
});

const ORDINARY = [16.6667, 0.2, 9.7222, 4.1667] as const;
/** US dollars a million: on demand, requests, and of provisioned concurrency used and idle. */
type Figures = readonly [number, number, number, number];

test.each<[string, "x86_64" | "arm64", "ordinary" | "dearer", Figures]>([
  ["us-east-1", "x86_64", "ordinary", ORDINARY],
  ["us-east-1", "arm64", "ordinary", [13.3334, 0.2, 7.7778, 3.3334]],
  ["af-south-1", "x86_64", "dearer", [22.1, 0.27, 12.9, 5.53]],
  ["ap-east-1", "x86_64", "dearer", [22.92, 0.28, 13.3358, 5.7153]],
  ["ap-east-1", "arm64", "dearer", [18.3, 0.28, 10.6686, 4.5722]],
  ["eu-south-1", "x86_64", "dearer", [19.5172, 0.23, 11.3827, 4.8783]],
  ["il-central-1", "x86_64", "dearer", [17.5, 0.21, 9.7222, 4.1667]],
  // Provisioned concurrency may cost more where invocations on demand do not.
  ["sa-east-1", "x86_64", "ordinary", [16.6667, 0.2, 15.4867, 6.6372]],
  // A region that nobody has heard of is ordinary.
  ["moon-north-1", "x86_64", "ordinary", ORDINARY],
])("the list prices of %s on %s are %s", (region, architecture, regionClass, figures) => {
  const price = priceOf({ region, architecture });
  const { gbSecondUsd, requestUsd, provisionedGbSecondUsd, idleGbSecondUsd } = price;
  expect(price.regionClass).toBe(regionClass);
  const listed = [gbSecondUsd, requestUsd, provisionedGbSecondUsd, idleGbSecondUsd];
  expect(listed.map((usd) => Number((usd * 1e6).toFixed(6)))).toEqual([...figures]);
});
