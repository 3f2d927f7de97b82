/** What a cross-check found, whatever it calls that. */

import type { CrossCheckLine } from "../core/record-lines.ts";

/** Whether the service's log contradicts the answers: by the line's word, or by what it lists. */
export function isContradicted({ agreement, differences }: CrossCheckLine): boolean {
  return !agreement || differences.length > 0;
}
