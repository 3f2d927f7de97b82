import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { printable } from "../../basics/printable.ts";
import { inputs } from "../../test/effort.ts";
import {
  type Line,
  lineToWidth,
  positionWords,
  scrollTo,
  toWidth,
  wrapText,
} from "./styled-text.ts";

const anyText = fc.string({
  unit: fc.constantFrom("a", " ", "日", "e\u0301", "👩‍🚀", "\u001b", "%"),
});
const effort = { numRuns: inputs(500, 20_000) };

function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}

test("a text takes exactly the columns that it is given", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(stringWidth(toWidth(text, width))).toBe(width);
    }),
    effort,
  );
});

test("what does not fit ends with an ellipsis", () => {
  expect(toWidth("Barbara", 7)).toBe("Barbara");
  expect(toWidth("Barbara", 6)).toBe("Barba…");
  expect(toWidth("日本語", 4)).toBe("日… ");
});

test("a line of several styles is cut like one text", () => {
  const line = [{ text: "Ana, ", bold: true }, { text: "Barbara" }, { text: ", Mario" }];
  expect(textOf(lineToWidth(line, 19))).toBe("Ana, Barbara, Mario");
  expect(textOf(lineToWidth(line, 12))).toBe("Ana, Barbar…");
  expect(textOf(lineToWidth(line, 21))).toBe("Ana, Barbara, Mario  ");
});

test("two ellipses never follow one another", () => {
  const line = [{ text: "counter 400: … " }, { text: "" }, { text: '"Ana"' }, { text: ', "Bo"' }];
  const cut = [14, 15, 16, 17].map((width) => textOf(lineToWidth(line, width)));
  expect(cut).toEqual([
    "counter 400: …",
    "counter 400: … ",
    "counter 400: …  ",
    'counter 400: … "…',
  ]);
});

test("wrapped lines fit and lose no word", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrapText(text, width);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(" ", "")).toBe(printable(text).replaceAll(" ", ""));
    }),
    effort,
  );
});

test("a number keeps its per cent sign", () => {
  expect(wrapText("below 31 % (95 %)", 9)).toEqual(["below", "31 %", "(95 %)"]);
});

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
