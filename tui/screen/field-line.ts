/** A field of text in so many columns: what of it is seen, and where the cursor stands. */

import stringWidth from "string-width";
import { printable } from "../../basics/printable.ts";
import { toWidth } from "../terminal/styled-text.ts";
import type { TextField } from "../terminal/text-field.ts";

export interface FieldLine {
  /** Exactly so many columns. */
  text: string;
  /** From 0. */
  cursorColumn: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Shows the part of a long text in which the cursor is; an ellipsis says that more stands before. */
export function fieldLine({ text, cursor }: TextField, width: number): FieldLine {
  const before = [...graphemes.segment(text.slice(0, cursor))].map(({ segment }) =>
    printable(segment),
  );
  // The cursor needs a column of its own behind the last character, the ellipsis one in front.
  let columns = before.reduce((sum, grapheme) => sum + stringWidth(grapheme), 0);
  let start = 0;
  while (columns > width - (start > 0 ? 2 : 1)) {
    columns -= stringWidth(before[start] ?? "");
    start += 1;
  }
  const ellipsis = start > 0 ? "…" : "";
  const shown = `${ellipsis}${before.slice(start).join("")}${printable(text.slice(cursor))}`;
  return { text: toWidth(shown, width), cursorColumn: columns + ellipsis.length };
}
