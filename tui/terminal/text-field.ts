/** A line of text that is being edited: what keys do to it, and what of it is seen. */

import type { Key } from "ink";
import { printable } from "../../basics/printable.ts";
import { textWidth } from "../../basics/text-width.ts";
import { toWidth } from "./styled-text.ts";

/** Positions count UTF-16 units, between graphemes. */
export interface TextField {
  readonly text: string;
  /** From 0 to the text's length. */
  readonly cursor: number;
}

/** What a key does to a field. */
export type Edit = (field: TextField) => TextField;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** A field with the cursor at its end. */
export function textField(text: string): TextField {
  return { text, cursor: text.length };
}

/**
 * Inserts at the cursor. Line breaks, as a pasted list has them, become commas; other control
 * characters have no place in a line.
 */
export function insert(inserted: string): Edit {
  const line = inserted
    .replace(/[\r\n]+$/, "")
    .replaceAll(/\s*[\r\n]+\s*/g, ", ")
    .replaceAll("\t", " ")
    .replaceAll(/\p{Cc}/gu, "");
  return ({ text, cursor }) => ({
    text: text.slice(0, cursor) + line + text.slice(cursor),
    cursor: cursor + line.length,
  });
}

/** What a key press does to the field that has the focus; `undefined` when it is no business of it. */
export function editFor(input: string, key: Key): Edit | undefined {
  const byWord = key.ctrl || key.meta;
  if (key.leftArrow) return move(byWord ? wordBefore : graphemeBefore);
  if (key.rightArrow) return move(byWord ? wordAfter : graphemeAfter);
  if (key.home) return move(start);
  if (key.end) return move(end);
  if (key.backspace) return erase(byWord ? wordBefore : graphemeBefore);
  if (key.delete) return erase(byWord ? wordAfter : graphemeAfter);
  if (key.ctrl) return WITH_CTRL[input];
  if (key.meta) return WITH_ALT[input];
  const isText = input !== "" && !key.return && !key.tab && !key.escape;
  return isText ? insert(input) : undefined;
}

/** A position in a field, seen from its cursor. */
type Place = (field: TextField) => number;

const start: Place = () => 0;
const end: Place = ({ text }) => text.length;
const graphemeBefore: Place = ({ text, cursor }) =>
  graphemes.segment(text).containing(cursor - 1)?.index ?? 0;
const graphemeAfter: Place = ({ text, cursor }) => {
  const at = graphemes.segment(text).containing(cursor);
  return at ? at.index + at.segment.length : text.length;
};
/** Where the word begins that ends at or before the cursor. */
const wordBefore: Place = ({ text, cursor }) => {
  const before = [...words.segment(text.slice(0, cursor))];
  return before.findLast(({ isWordLike }) => isWordLike)?.index ?? 0;
};
/** Where the word ends that begins at or after the cursor. */
const wordAfter: Place = ({ text, cursor }) => {
  const after = [...words.segment(text.slice(cursor))].find(({ isWordLike }) => isWordLike);
  return after ? cursor + after.index + after.segment.length : text.length;
};

function move(to: Place): Edit {
  return (field) => ({ ...field, cursor: to(field) });
}

/** Takes away what stands between the cursor and a place. */
function erase(to: Place): Edit {
  return (field) => {
    const [from = 0, until] = [field.cursor, to(field)].sort((one, other) => one - other);
    return { text: field.text.slice(0, from) + field.text.slice(until), cursor: from };
  };
}

/** What shells have taught. */
const WITH_CTRL: Record<string, Edit> = {
  a: move(start),
  e: move(end),
  b: move(graphemeBefore),
  f: move(graphemeAfter),
  d: erase(graphemeAfter),
  h: erase(graphemeBefore),
  k: erase(end),
  u: erase(start),
  w: erase(wordBefore),
};
const WITH_ALT: Record<string, Edit> = {
  b: move(wordBefore),
  f: move(wordAfter),
  d: erase(wordAfter),
};

/**
 * Shows the part of a long text in which the cursor is; an ellipsis says that more stands before.
 *
 * @returns exactly so many columns, and the cursor's, from 0
 */
export function fieldLine(
  { text, cursor }: TextField,
  width: number,
): { text: string; cursorColumn: number } {
  const before = [...graphemes.segment(text.slice(0, cursor))].map(({ segment }) =>
    printable(segment),
  );
  // The cursor needs a column of its own behind the last character, the ellipsis one in front.
  let columns = before.reduce((sum, grapheme) => sum + textWidth(grapheme), 0);
  let hidden = 0;
  while (columns > width - (hidden > 0 ? 2 : 1)) {
    columns -= textWidth(before[hidden] ?? "");
    hidden += 1;
  }
  const ellipsis = hidden > 0 ? "…" : "";
  const shown = `${ellipsis}${before.slice(hidden).join("")}${printable(text.slice(cursor))}`;
  return { text: toWidth(shown, width), cursorColumn: columns + ellipsis.length };
}
