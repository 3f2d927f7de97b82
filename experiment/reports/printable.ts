/** Makes text from answers fit to be shown: it is untrusted. */

/**
 * Control and escape characters, line separators, marks that reorder what stands beside them, and
 * halves of characters.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

/** The same on one line: line breaks and tabs are spaces. */
export function printableLine(text: string): string {
  return printable(text.trim().replaceAll(/[\r\n\t]+/g, " "));
}

/** Shows what a terminal would obey as its code, such as `\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
