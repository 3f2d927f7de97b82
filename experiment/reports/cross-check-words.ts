/** A cross-check in words. */

import { printableMessage } from "../../basics/printable.ts";
import type { CrossCheckLine } from "../core/record-lines.ts";
import { isContradicted } from "../core/verdict/log-comparison.ts";
import { plural } from "./numbers.ts";

/** One sentence or two: what the log says, and whether the answers say the same. */
export function crossCheckWords(line: CrossCheckLine): string {
  const { requests, streams, initialized, differences } = line;
  const log =
    `CloudWatch has ${plural(requests, "request")} in ${plural(streams, "log stream")}, ` +
    `and ${plural(initialized, "environment")} initialized meanwhile`;
  if (isContradicted(line)) {
    return `DISAGREEMENT  ${log}. ${differences.map(printableMessage).join(" ")}`.trimEnd();
  }
  // Nobody said anything that could have been the same.
  if (requests === 0) return `NOT CROSS-CHECKED  ${log}: that confirms no answer.`;
  return `CROSS-CHECKED  ${log}: the answers said the same.`;
}
