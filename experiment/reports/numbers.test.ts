import { expect, test } from "vitest";
import { plural } from "../../basics/counts.ts";
import { percent, quantile, seconds } from "./numbers.ts";

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

test("quantiles are values of the list", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(3);
  expect(quantile([1, 2, 3, 4], 1)).toBe(4);
  expect(quantile([], 0.5)).toBe(0);
});
