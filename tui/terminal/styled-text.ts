/** Styled text, line by line, as data: what a view shows can be computed and tested without Ink. */

import stringWidth from "string-width";
import { printable, printableLine } from "../../basics/printable.ts";

/** A piece of a line in one style. */
export interface Span {
  text: string;
  colour?: string | undefined;
  bold?: boolean | undefined;
  dim?: boolean | undefined;
}

export type Line = readonly Span[];

/** How many columns of a terminal a line takes. */
function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + stringWidth(text), 0);
}

/** A line that takes exactly so many columns, cut with an ellipsis or padded. */
export function lineToWidth(line: Line, width: number): Line {
  const missing = width - widthOf(line);
  if (missing >= 0) return missing > 0 ? [...line, { text: " ".repeat(missing) }] : line;
  const kept: Span[] = [];
  let left = width;
  for (const span of line) {
    const spanWidth = stringWidth(span.text);
    // The last column may be needed for the ellipsis.
    if (spanWidth >= left) return [...kept, { ...span, text: toWidth(span.text, left, true) }];
    kept.push(span);
    left -= spanWidth;
  }
  return kept;
}

/**
 * A text in exactly so many columns, cut with an ellipsis or padded. It may be untrusted.
 *
 * @param isCut whether more would follow, so that the ellipsis stands even where the text fits
 */
export function toWidth(text: string, width: number, isCut = false): string {
  if (width <= 0) return "";
  // No character is wider than two columns, but many may have none: cut before counting.
  let shown = printable([...text.slice(0, 8 * width)].slice(0, 4 * width).join(""));
  if (isCut || stringWidth(shown) > width) {
    const characters = [...shown];
    while (stringWidth(characters.join("")) > width - 1) characters.pop();
    shown = `${characters.join("")}…`;
  }
  return shown + " ".repeat(Math.max(0, width - stringWidth(shown)));
}

/**
 * Breaks a text between words into lines of at most so many columns; a number keeps its `%`. The
 * text may be untrusted, and its own line breaks are spaces.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  const shown = printableLine(text);
  for (const word of shown.split(/ (?!%)/).flatMap((long) => pieces(long, width))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A word that is longer than a line, such as a path, in pieces that are not. */
function pieces(word: string, width: number): string[] {
  if (stringWidth(word) <= width) return [word];
  const parts: string[] = [""];
  for (const character of word) {
    const part = `${parts.at(-1)}${character}`;
    if (stringWidth(part) <= width) parts[parts.length - 1] = part;
    else parts.push(character);
  }
  return parts;
}

/** How titles within a body look. */
export const HEADING = { bold: true, colour: "cyan" } as const;
