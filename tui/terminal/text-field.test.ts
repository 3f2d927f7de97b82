import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import {
  deleteLeft,
  deleteRight,
  deleteToEnd,
  deleteToStart,
  deleteWordLeft,
  deleteWordRight,
  type Edit,
  end,
  home,
  insert,
  left,
  right,
  type TextField,
  textField,
  wordLeft,
  wordRight,
} from "./text-field.ts";

/** A field written with `|` where the cursor is. */
function field(text: string): TextField {
  return { text: text.replace("|", ""), cursor: text.indexOf("|") };
}

function written({ text, cursor }: TextField): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

test.each<[string, Edit, string, string]>([
  ["left goes over a whole emoji", left, "a👩‍🚀|b", "a|👩‍🚀b"],
  ["right goes over a base with its accent", right, "|e\u0301x", "e\u0301|x"],
  ["left at the start stays", left, "|a", "|a"],
  ["right at the end stays", right, "a|", "a|"],
  ["home", home, "Ana, B|o", "|Ana, Bo"],
  ["end", end, "A|na, Bo", "Ana, Bo|"],
  ["a word back goes to its beginning", wordLeft, "Ana, Barb|ara", "Ana, |Barbara"],
  ["a word back goes over a comma", wordLeft, "Ana, |Barbara", "|Ana, Barbara"],
  ["a word on goes to its end", wordRight, "An|a, Barbara", "Ana|, Barbara"],
  ["a word on goes over a comma", wordRight, "Ana|, Barbara", "Ana, Barbara|"],
  ["a character back is deleted whole", deleteLeft, "日本|語", "日|語"],
  ["a character on is deleted whole", deleteRight, "a|👩‍🚀b", "a|b"],
  ["a word back is deleted", deleteWordLeft, "Ana, Barbara| x", "Ana, | x"],
  ["a word on is deleted", deleteWordRight, "Ana|, Barbara x", "Ana| x"],
  ["all before the cursor is deleted", deleteToStart, "Ana, |Bo", "|Bo"],
  ["all behind the cursor is deleted", deleteToEnd, "Ana|, Bo", "Ana|"],
  ["text goes where the cursor is", insert("x"), "a|b", "ax|b"],
  ["a pasted list of lines becomes one of commas", insert("Ana\nBo\r\nCy\n"), "|", "Ana, Bo, Cy|"],
  ["control characters are left out", insert("a\u001b[31m\u0015b"), "|", "a[31mb|"],
])("%s", (_, edit, before, after) => {
  expect(written(edit(field(before)))).toBe(after);
});

test("moving never puts the cursor into the middle of a character", () => {
  const moves = [left, right, wordLeft, wordRight];
  const anyText = fc.string({ unit: fc.constantFrom("a", " ", ",", "日", "e\u0301", "👩‍🚀") });
  fc.assert(
    fc.property(anyText, fc.array(fc.constantFrom(...moves)), (text, steps) => {
      const { cursor } = steps.reduce((current, move) => move(current), textField(text));
      const starts = [...new Intl.Segmenter().segment(text)].map(({ index }) => index);
      expect([...starts, text.length]).toContain(cursor);
    }),
    { numRuns: inputs(500, 20_000) },
  );
});
