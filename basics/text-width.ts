/** How many columns of a terminal a text takes. */

import { createRequire } from "node:module";

const PRINTABLE_ASCII = /^[ -~]*$/;

let stringWidth: typeof import("string-width")["default"] | undefined;

/**
 * As `string-width` measures it. That package is loaded for the first text that is not of ASCII alone:
 * its patterns take longer to build than a whole experiment takes to arm.
 */
export function textWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  stringWidth ??= loadStringWidth();
  return stringWidth(text);
}

function loadStringWidth(): typeof import("string-width")["default"] {
  const load = createRequire(import.meta.url);
  return (load("string-width") as typeof import("string-width")).default;
}
