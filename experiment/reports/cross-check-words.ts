/** A cross-check in words. */

import type { CrossCheckLine } from "../core/record-lines.ts";
import { plural } from "./numbers.ts";
import { printableMessage } from "./printable.ts";

/** One sentence or two: what the log says, and whether the answers say the same. */
export function crossCheckWords(line: CrossCheckLine): string {
  const { requests, streams, initialized, agreement, differences } = line;
  const log =
    `CloudWatch has ${plural(requests, "request")} in ${plural(streams, "log stream")}, ` +
    `and ${plural(initialized, "environment")} initialized meanwhile`;
  if (agreement) return `CROSS-CHECKED  ${log}: the answers said the same.`;
  return `DISAGREEMENT  ${log}. ${differences.map(printableMessage).join(" ")}`;
}
