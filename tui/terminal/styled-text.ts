/** Styled text, line by line, as data: what a view shows can be computed and tested without Ink. */

import assert from "node:assert/strict";
import { inWords } from "../../basics/counts.ts";
import { printable, printableLine } from "../../basics/printable.ts";
import { textWidth } from "../../basics/text-width.ts";

/** How a piece of a line looks; colours are the terminal's own sixteen, by name. */
export interface Style {
  colour?: string | undefined;
  bold?: boolean | undefined;
  dim?: boolean | undefined;
}

/** A piece of a line in one style. */
export interface Span extends Style {
  text: string;
}

export type Line = readonly Span[];

/** How titles within a body look. */
export const HEADING = { bold: true, colour: "cyan" } as const;

/** Red and plain yellow are left out: they stand for sharing and for doubt. */
const CLIENT_COLOURS = [
  "cyan",
  "magenta",
  "green",
  "blueBright",
  "yellowBright",
  "cyanBright",
  "magentaBright",
  "greenBright",
  "blue",
];

/**
 * A client's colour, the same in the whole session. It never says what words do not.
 *
 * @param clients the number of each client that a plan named; another program's may be others
 */
export function clientColour(clients: ReadonlyMap<string, number>, name: string): string {
  const colour = CLIENT_COLOURS[(clients.get(name) ?? 0) % CLIENT_COLOURS.length];
  assert.ok(colour, "a client's number is a whole one");
  return colour;
}

const ELLIPSIS = "…";
/** A text that stands for more already needs no second ellipsis. */
const ENDS_CUT = /… ?$/;

/** A line that takes exactly so many columns, cut with an ellipsis or padded. */
export function lineToWidth(line: Line, width: number): Line {
  const missing = width - line.reduce((sum, { text }) => sum + textWidth(text), 0);
  if (missing >= 0) return missing > 0 ? [...line, { text: " ".repeat(missing) }] : line;
  const kept: Span[] = [];
  let left = width;
  for (const span of line) {
    const spanWidth = textWidth(span.text);
    // The last column may be needed for the ellipsis.
    if (spanWidth >= left) {
      const cut = toWidth(span.text, left, true);
      const isSaid = cut === ELLIPSIS && ENDS_CUT.test(kept.map(({ text }) => text).join(""));
      return [...kept, { ...span, text: isSaid ? " " : cut }];
    }
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
  if (isCut || textWidth(shown) > width) {
    const characters = [...shown];
    while (textWidth(characters.join("")) > width - 1) characters.pop();
    shown = characters.join("").replace(ENDS_CUT, "") + ELLIPSIS;
  }
  return shown + " ".repeat(Math.max(0, width - textWidth(shown)));
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
    if (textWidth(longer) <= width) {
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
  if (textWidth(word) <= width) return [word];
  const parts: string[] = [""];
  for (const character of word) {
    const part = `${parts.at(-1)}${character}`;
    if (textWidth(part) <= width) parts[parts.length - 1] = part;
    else parts.push(character);
  }
  return parts;
}

/** A wrapped text behind an indent, which comes on top of the width. */
export function paragraph(text: string, width: number, indent: number, style: Style): Line[] {
  return wrapText(text, width).map((line) => [{ text: " ".repeat(indent) + line, ...style }]);
}

/** A title in bold, and behind it a text, wrapped together. */
export function titledLines(width: number, title: string, colour: string, text: string): Line[] {
  const [first = "", ...rest] = wrapText(`${title}  ${text}`, width);
  return [
    [{ text: title, bold: true, colour }, { text: first.slice(title.length) }],
    ...rest.map((line) => [{ text: line }]),
  ];
}

/**
 * A name, and beside it a wrapped text.
 *
 * @param left how many columns the name has
 */
export function entryLines(name: Span, text: Span, columns: number, left: number): Line[] {
  return wrapText(text.text, columns - left - 2).map((line, row) => [
    { ...name, text: (row === 0 ? name.text : "").padEnd(left) },
    { ...text, text: line },
  ]);
}

/**
 * Moves a window as little as it takes to show a range of lines; of a range that is higher than the
 * window, its beginning.
 *
 * @returns the first visible line
 */
export function scrollTo(
  { offset, height, total }: { offset: number; height: number; total: number },
  range: { start: number; end: number },
): number {
  const shown = Math.max(offset, range.end - height);
  return Math.max(0, Math.min(shown, range.start, Math.max(0, total - height)));
}

/** Which part of a list is seen: `1–12 of 1,000`; nothing when all is. */
export function positionWords(first: number, last: number, total: number): string | undefined {
  if (first === 1 && last >= total) return undefined;
  const [from, to, of] = [first, Math.min(last, total), total].map(inWords);
  return `${from}–${to} of ${of}`;
}
