/** Which requests were in one process with another one at the same time. */

import { type Evidence, type Identified, isIdentified } from "../core/verdict/evidence.ts";
import { intersect } from "../core/verdict/intervals.ts";

/** Those of one run that overlap another, each on the clock of its own process. */
export function overlapping(run: readonly Evidence[]): Set<Evidence> {
  const found = new Set<Evidence>();
  const processes = Map.groupBy(run.filter(isIdentified), (item) => item.report.process);
  for (const items of processes.values()) {
    let longest: Identified | undefined;
    for (const item of items.toSorted((a, b) => a.report.enteredAt - b.report.enteredAt)) {
      // Whoever overlaps an earlier one overlaps the one that stays longest.
      if (longest && intersect(intervalOf(longest), intervalOf(item))) found.add(longest).add(item);
      if (!longest || item.report.leftAt > longest.report.leftAt) longest = item;
    }
  }
  return found;
}

function intervalOf({ report }: Identified) {
  return { from: report.enteredAt, until: report.leftAt };
}
