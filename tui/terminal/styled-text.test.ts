import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { printable } from "../../basics/printable.ts";
import { inputs } from "../../test/effort.ts";
import { fieldLine } from "../screen/field-line.ts";
import { type Line, lineToWidth, toWidth, wrapText } from "./styled-text.ts";
import { textField } from "./text-field.ts";

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

test("of a long field the part is seen in which the cursor is", () => {
  const field = textField("Ana, Barbara, Mario");
  expect(fieldLine(field, 30)).toEqual({ text: field.text.padEnd(30), cursorColumn: 19 });
  const { text, cursorColumn } = fieldLine(field, 10);
  expect(text).toBe("…a, Mario ");
  expect(cursorColumn).toBe(9);
  expect(fieldLine({ ...field, cursor: 0 }, 10)).toEqual({ text: "Ana, Barb…", cursorColumn: 0 });
});
