/** A line of text that is being edited, as data. Positions count UTF-16 units, between graphemes. */

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

export const left: Edit = ({ text, cursor }) => ({ text, cursor: graphemeBefore(text, cursor) });
export const right: Edit = ({ text, cursor }) => ({ text, cursor: graphemeAfter(text, cursor) });
export const home: Edit = ({ text }) => ({ text, cursor: 0 });
export const end: Edit = ({ text }) => textField(text);
export const wordLeft: Edit = ({ text, cursor }) => ({ text, cursor: wordBefore(text, cursor) });
export const wordRight: Edit = ({ text, cursor }) => ({ text, cursor: wordAfter(text, cursor) });

export const deleteLeft: Edit = (field) => cut(field, graphemeBefore(field.text, field.cursor));
export const deleteRight: Edit = (field) => cut(field, graphemeAfter(field.text, field.cursor));
export const deleteWordLeft: Edit = (field) => cut(field, wordBefore(field.text, field.cursor));
export const deleteWordRight: Edit = (field) => cut(field, wordAfter(field.text, field.cursor));
export const deleteToStart: Edit = (field) => cut(field, 0);
export const deleteToEnd: Edit = (field) => cut(field, field.text.length);

/** Takes away what stands between the cursor and another position. */
function cut({ text, cursor }: TextField, other: number): TextField {
  const [from, until] = [Math.min(cursor, other), Math.max(cursor, other)];
  return { text: text.slice(0, from) + text.slice(until), cursor: from };
}

function graphemeBefore(text: string, cursor: number): number {
  return graphemes.segment(text).containing(cursor - 1)?.index ?? 0;
}

function graphemeAfter(text: string, cursor: number): number {
  const at = graphemes.segment(text).containing(cursor);
  return at ? at.index + at.segment.length : text.length;
}

/** Where the word begins that ends at or before the cursor. */
function wordBefore(text: string, cursor: number): number {
  const before = [...words.segment(text.slice(0, cursor))];
  return before.findLast(({ isWordLike }) => isWordLike)?.index ?? 0;
}

/** Where the word ends that begins at or after the cursor. */
function wordAfter(text: string, cursor: number): number {
  const after = [...words.segment(text.slice(cursor))].find(({ isWordLike }) => isWordLike);
  return after ? cursor + after.index + after.segment.length : text.length;
}
