/** Short names for execution environments. */

import { printable } from "./printable.ts";

const SHORTEST = 4;

/**
 * Gives every environment the shortest label that is its own: the beginning of what makes log
 * streams differ, four characters or more.
 */
export function labelEnvironments(ids: Iterable<string>): Map<string, string> {
  const known = [...ids];
  const parts = known.map((id) => printable(distinctivePart(id)));
  const whole = new Set(parts).size === known.length ? parts : known.map(printable);
  const longest = whole.reduce((max, part) => Math.max(max, part.length), SHORTEST);
  const cut = (length: number) => whole.map((part) => part.slice(0, length));
  let length = SHORTEST;
  while (length < longest && new Set(cut(length)).size < known.length) length += 1;
  return new Map(cut(length).map((label, index): [string, string] => [known[index] ?? "", label]));
}

/** Of `2026/11/23/[$LATEST]8f3a…` what follows the version; of anything else all of it. */
function distinctivePart(id: string): string {
  return id.slice(id.lastIndexOf("]") + 1) || id;
}
