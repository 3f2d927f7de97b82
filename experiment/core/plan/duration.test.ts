import { expect, test } from "vitest";
import { formatDuration, formatExactly, parseDuration } from "./duration.ts";

test.each([
  ["5s", 5_000],
  ["250 ms", 250],
  ["1.5 s", 1_500],
  ["0.1", 100],
  ["2m", 120_000],
  [" 3 S ", 3_000],
])("%s is %d milliseconds", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "fast", "5 apples", "-1s", "1e3s", "s"])("%s is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, "0 s"],
  [250, "250 ms"],
  [5_000, "5 s"],
  [1_500, "1.5 s"],
  [120_000, "2 min"],
])("%d milliseconds read as %s, and back", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  [1_234, "1234 ms"],
  [12_345, "12345 ms"],
  [100.25, "100.25 ms"],
  [1_500, "1.5 s"],
])("%d milliseconds are written exactly as %s, and read back", (ms, text) => {
  expect(formatExactly(ms)).toBe(text);
  expect(parseDuration(text)).toBe(ms);
});
