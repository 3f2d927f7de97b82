import fc from "fast-check";
import type { Key } from "ink";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { editFor, fieldLine, insert, type TextField, textField } from "./text-field.ts";

/** A field written with `|` where the cursor is. */
function field(text: string): TextField {
  return { text: text.replace("|", ""), cursor: text.indexOf("|") };
}

function written({ text, cursor }: TextField): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

/** What a key does to a field: one that has a name, or a letter; with Ctrl or Alt before. */
function press(keys: string, before: TextField): TextField {
  const names = keys.split("-");
  const last = names.pop() ?? "";
  const named = Object.fromEntries([...names, last].map((name) => [name, true])) as unknown as Key;
  const edit = editFor(last.length === 1 ? last : "", named);
  return edit ? edit(before) : before;
}

test.each([
  ["leftArrow", "goes over a whole emoji", "a👩‍🚀|b", "a|👩‍🚀b"],
  ["rightArrow", "goes over a base with its accent", "|e\u0301x", "e\u0301|x"],
  ["ctrl-b", "at the start stays", "|a", "|a"],
  ["ctrl-f", "at the end stays", "a|", "a|"],
  ["home", "", "Ana, B|o", "|Ana, Bo"],
  ["ctrl-a", "", "Ana, B|o", "|Ana, Bo"],
  ["end", "", "A|na, Bo", "Ana, Bo|"],
  ["ctrl-e", "", "A|na, Bo", "Ana, Bo|"],
  ["ctrl-leftArrow", "goes to the word's beginning", "Ana, Barb|ara", "Ana, |Barbara"],
  ["meta-b", "goes over a comma", "Ana, |Barbara", "|Ana, Barbara"],
  ["meta-rightArrow", "goes to the word's end", "An|a, Barbara", "Ana|, Barbara"],
  ["meta-f", "goes over a comma", "Ana|, Barbara", "Ana, Barbara|"],
  ["backspace", "deletes a whole character", "日本|語", "日|語"],
  ["ctrl-h", "deletes a whole character", "日本|語", "日|語"],
  ["delete", "deletes a whole character", "a|👩‍🚀b", "a|b"],
  ["ctrl-d", "deletes a whole character", "a|👩‍🚀b", "a|b"],
  ["ctrl-w", "deletes a word", "Ana, Barbara| x", "Ana, | x"],
  ["ctrl-backspace", "deletes a word", "Ana, Barbara| x", "Ana, | x"],
  ["meta-d", "deletes a word", "Ana|, Barbara x", "Ana| x"],
  ["ctrl-u", "deletes all before the cursor", "Ana, |Bo", "|Bo"],
  ["ctrl-k", "deletes all behind the cursor", "Ana|, Bo", "Ana|"],
  ["x", "goes where the cursor is", "a|b", "ax|b"],
  ["return", "is no business of a field", "a|b", "a|b"],
  ["ctrl-z", "is no business of a field", "a|b", "a|b"],
])("%s %s", (keys, _, before, after) => {
  expect(written(press(keys, field(before)))).toBe(after);
});

test.each([
  ["a list of lines becomes one of commas", "Ana\nBo\r\nCy\n", "Ana, Bo, Cy|"],
  ["control characters are left out", "a\u001b[31m\u0015b", "a[31mb|"],
])("pasting keeps what a field can hold: %s", (_, pasted, after) => {
  expect(written(insert(pasted)(textField("")))).toBe(after);
});

test("moving never puts the cursor into the middle of a character", () => {
  const moves = ["leftArrow", "rightArrow", "ctrl-leftArrow", "ctrl-rightArrow"];
  const anyText = fc.string({ unit: fc.constantFrom("a", " ", ",", "日", "e\u0301", "👩‍🚀") });
  fc.assert(
    fc.property(anyText, fc.array(fc.constantFrom(...moves)), (text, steps) => {
      const { cursor } = steps.reduce((now, step) => press(step, now), textField(text));
      const starts = [...new Intl.Segmenter().segment(text)].map(({ index }) => index);
      expect([...starts, text.length]).toContain(cursor);
    }),
    { numRuns: inputs(500, 20_000) },
  );
});

test("a long field shows the part in which the cursor is", () => {
  const long = textField("Ana, Barbara, Mario");
  expect(fieldLine(long, 30)).toEqual({ text: long.text.padEnd(30), cursorColumn: 19 });
  expect(fieldLine(long, 10)).toEqual({ text: "…a, Mario ", cursorColumn: 9 });
  expect(fieldLine({ ...long, cursor: 0 }, 10)).toEqual({ text: "Ana, Barb…", cursorColumn: 0 });
});
