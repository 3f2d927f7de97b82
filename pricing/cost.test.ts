import { describe, expect, test } from "vitest";
import { type Billed, idleCostUsdPerHour, loadCostUsd, usdText } from "./cost.ts";

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
