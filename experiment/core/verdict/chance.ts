/** Whether a control that showed no sharing had any to show. */

import { findContradictions } from "./contradictions.ts";
import { isIdentified, type RunEvidence } from "./evidence.ts";
import { countTrials } from "./trials.ts";

/**
 * Whether sharing was there to be seen: two requests of one process were certainly in it at once, by the
 * runner's clock and not by that process's own. Where the service spread requests over environments, or
 * let them wait for each other, there was none to see, and nothing is wrong with the instrument. Answers
 * that contradict each other, or say nothing of themselves, are the instrument's fault.
 *
 * Of several runners, only two requests of the same one are known to have been there at once.
 *
 * An environment whose log stream the service names is known by that, whatever it calls itself.
 */
export function hadChance(runs: readonly RunEvidence[]): boolean {
  const byRun = runs.map((run) => run.requests.filter(isIdentified));
  const answered = runs.flatMap((run) => run.requests.filter(({ outcome }) => outcome === "ok"));
  const identified = byRun.flat();
  if (identified.length < answered.length || findContradictions(identified).size > 0) return true;
  return byRun.some((items) => {
    const places = Map.groupBy(items, ({ report }) => report.logStream ?? report.process);
    return places.values().some((those) => countTrials(those) > 0);
  });
}
