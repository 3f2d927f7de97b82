/** Short names for execution environments. */

import { printable } from "./printable.ts";

const SHORTEST = 4;

/**
 * Gives every environment the shortest label that is its own: the beginning of what makes log
 * streams differ, four characters or more.
 */
export function labelEnvironments(ids: Iterable<string>): Map<string, string> {
  const distinctive = new Map([...ids].map((id) => [id, printable(distinctivePart(id))]));
  const longest = Math.max(SHORTEST, ...[...distinctive.values()].map(({ length }) => length));
  let length = SHORTEST;
  const labels = () => [...distinctive.values()].map((part) => part.slice(0, length));
  while (length < longest && new Set(labels()).size < distinctive.size) length += 1;
  return new Map([...distinctive].map(([id, part]) => [id, part.slice(0, length)]));
}

/** Of `2026/11/23/[$LATEST]8f3a…` what follows the version; of anything else all of it. */
function distinctivePart(id: string): string {
  return id.slice(id.lastIndexOf("]") + 1) || id;
}
