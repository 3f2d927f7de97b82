/** Text that means harm: every character that a terminal obeys or that reorders what stands beside it. */

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** C0, DEL and C1. */
const CONTROLS = [...range(0x00, 0x1f), ...range(0x7f, 0x9f)];
/** What reorders: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters */
const REORDERING = [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)];

export const HARMFUL = [...CONTROLS, ...REORDERING].map((code) => String.fromCharCode(code));

/** Each character stands between two markers. */
const between = (character: string) => `q${character}Q`;

/** So many baits that each has so few characters that it is shown whole. */
const PER_BAIT = 6;
export const BAITS = Array.from({ length: Math.ceil(HARMFUL.length / PER_BAIT) }, (_, index) =>
  HARMFUL.slice(index * PER_BAIT, (index + 1) * PER_BAIT)
    .map(between)
    .join(""),
);

/** Sequences that work in terminals: a title, a colour, an erased screen, a link, a clipboard, by C1 too. */
export const SEQUENCES =
  "\u001b]2;owned\u0007\u001b[31m\u001b[2J\u001b]8;;http://evil.example\u001b\\\u001b]52;c;ZXZpbA==\u0007\u009b31m\u009d2;owned\u009c";

/** By which it is seen that one of them is left. */
const PARTS = ["]2;owned\u0007", "]2;owned\u009c", "\u001b]8;;http://evil", "\u009b31m"];

/** The harmful characters that stand between markers, unescaped, by their codes. */
export function harmIn(output: string): string[] {
  const found = HARMFUL.filter((character) => output.includes(between(character)));
  const codes = found.map((character) => `U+${character.charCodeAt(0).toString(16)}`);
  return PARTS.some((part) => output.includes(part)) ? [...codes, "a sequence"] : codes;
}

/** The harmful characters that are shown as their codes. */
export function shownIn(output: string): string[] {
  return HARMFUL.filter((character) => {
    const code = `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    // A line may end anywhere, and a page may have what it takes for markup as an entity.
    return output.replaceAll(/\s+/g, "").includes(`q${code}`);
  });
}
