import { expect, test } from "vitest";
import { positionWords, scrollTo } from "./scroll.ts";

const window = { offset: 10, height: 5, total: 100 };

test.each([
  ["a range that is seen moves nothing", { start: 11, end: 13 }, 10],
  ["one above becomes the first line", { start: 4, end: 6 }, 4],
  ["one below becomes the last line", { start: 20, end: 21 }, 16],
  ["one that is higher than the window is seen from its beginning", { start: 20, end: 40 }, 20],
])("%s", (_, range, offset) => {
  expect(scrollTo(window, range)).toBe(offset);
});

test("there is nothing to scroll to behind the end, nor where all fits", () => {
  expect(scrollTo({ ...window, total: 12 }, { start: 11, end: 12 })).toBe(7);
  expect(scrollTo({ ...window, total: 3 }, { start: 2, end: 3 })).toBe(0);
});

test("the position is said unless all is seen", () => {
  expect(positionWords(1, 12, 1_000)).toBe("1–12 of 1,000");
  expect(positionWords(1, 12, 12)).toBeUndefined();
  expect(positionWords(3, 20, 12)).toBe("3–12 of 12");
});
