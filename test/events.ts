/** Events of a check, read as from a file. */

import { parseEvents } from "../check/events-file.ts";

/** @throws Error that says what is wrong with them */
export function eventsIn(content: unknown) {
  const read = parseEvents(content);
  if ("problems" in read) throw new Error(read.problems.join());
  return read.value;
}
