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

/** Those beyond the first 65,536 are two units, as in JSON. */
function codeOf(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
