/** What several experiments say together, in words. */

import type { PooledEvidence } from "../records/history.ts";
import { inWords, percent, plural } from "./numbers.ts";

/** One sentence; `undefined` where there is nothing to add to a single experiment. */
export function pooledWords({
  isolated,
  shared,
  trials,
  bound,
}: PooledEvidence): string | undefined {
  const all = isolated + shared;
  if (all < 2) return undefined;
  const experiments = `${plural(all, "recorded experiment")} of this deployment`;
  if (isolated > 0 && shared > 0) {
    return `The ${experiments} disagree: ${inWords(shared)} saw sharing, ${inWords(isolated)} did not.`;
  }
  if (bound === undefined) return `All ${experiments} saw sharing.`;
  return `Over ${experiments}: ${plural(trials, "trial")}, sharing below ${percent(bound)} (95 %).`;
}

/** The same where there is little room. */
export function pooledPhrase({ isolated, shared, bound }: PooledEvidence): string | undefined {
  const all = isolated + shared;
  if (all < 2) return undefined;
  if (bound !== undefined) return `Over ${plural(all, "experiment")}: below ${percent(bound)}.`;
  return `${inWords(shared)} of ${plural(all, "experiment")} saw sharing.`;
}
