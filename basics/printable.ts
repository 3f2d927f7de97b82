/** Makes text that is not this program's own fit for a terminal. */

/**
 * Control and escape characters, marks that reorder what stands beside them or cannot be seen, line
 * separators, and halves of characters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Shows what a terminal would obey as its code, such as `\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, codeOf);
}

/** Characters beyond the first 65,536 are two units, as in JSON. */
function codeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** On one line: line breaks and tabs are spaces. */
export function printableLine(text: string): string {
  return printable(text.trim().replaceAll(/[\r\n\t]+/g, " "));
}

/** No name that a plan takes is longer, nor an identity that a service gives. */
const LONGEST_NAME = 100;
/** More of a message nobody reads in a table. */
const LONGEST_MESSAGE = 1_000;

/** A name, fit to be shown: of one that somebody made endless, the beginning. */
export function printableName(text: string): string {
  return printable(shortened(text, LONGEST_NAME));
}

/** A message, fit to be shown, such as why a request failed. */
export function printableMessage(text: string): string {
  return printable(shortened(text, LONGEST_MESSAGE));
}

/** So many characters, and a sign that there are more. */
function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // A character may be two units.
  const characters = [...text.slice(0, 2 * length + 1)];
  if (characters.length <= length) return text;
  return `${characters.slice(0, length).join("")}…`;
}

/**
 * At most so many characters of prose, with a sign that there are more: whole words, but of one
 * endless word its beginning.
 */
export function excerpt(text: string, length: number): string {
  const whole = text.trim();
  // A copy: a slice keeps the whole text in memory for as long as it lives itself.
  if (whole.length <= length) return copyOf(whole);
  const begun = whole.slice(0, length);
  // An endless word may end in half a character.
  const words = /^(.+)\s/s.exec(begun)?.[1] ?? begun.slice(0, -1).replace(/[\ud800-\udbff]$/, "");
  return copyOf(`${words.trimEnd()}…`);
}

function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** What a terminal would obey as its code, in a text of several lines, which stay lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
