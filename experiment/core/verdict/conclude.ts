/** From observations to a verdict. Pure: a record made elsewhere can be concluded the same way. */

import type { Conclusion, Outcome } from "../record-lines.ts";
import { findContradictions } from "./contradictions.ts";
import { type Identified, isIdentified, type RunEvidence } from "./evidence.ts";
import { countOverlaps, findProof } from "./proof.ts";
import { reasonFor } from "./reason.ts";
import { countTrials, upperBound } from "./trials.ts";

/**
 * Concludes over all runs of an experiment, which follow one another by the clock of each runner. Those
 * of two runners need not: proof is looked for over all runs together, by the clocks of processes.
 */
export function concludeExperiment(runs: readonly RunEvidence[]): Conclusion {
  const { identified, contradictions, credible } = believe(runs);
  const believed = contradictions.size === 0 ? identified : credible.flat();
  const outcomes = countOutcomes(runs);
  const trials = sum(credible, countTrials);
  const proof = findProof(believed);
  const reason = proof
    ? undefined
    : reasonFor({ runs, outcomes, identified, contradictions, trials });
  const isolated = !proof && reason === undefined;

  return {
    verdict: proof ? "shared" : isolated ? "isolated" : "inconclusive",
    ...(proof && { sharing: proof.sharing }),
    ...(reason !== undefined && { reason }),
    environments: countDistinct(identified, (item) => item.report.environment),
    processes: countDistinct(identified, (item) => item.report.process),
    instances: countDistinct(identified, (item) => item.report.instance),
    coldStarts: identified.filter((item) => item.report.coldStart).length,
    overlaps: countOverlaps(believed),
    mixed: believed.filter((item) => item.report.mixed).length,
    trials,
    warmTrials: sum(credible, (run) => countTrials(run.filter((item) => !item.report.coldStart))),
    ...(isolated && { bound: upperBound(trials) }),
    ...(proof && { witness: proof.witness }),
    outcomes,
    wallMs: sum(runs, wallOf),
    skewMs: runs.reduce((largest, run) => Math.max(largest, skewOf(run)), 0),
    memory: believed.some(isRemembering) ? "kept" : "not seen",
  };
}

/**
 * Takes an `isolated` back where the instrument did not see sharing in its control either, where
 * there is nothing but sharing. Proof of sharing stands whatever a control said.
 *
 * @param control over all runs of the control; `undefined` when there was none
 */
export function withControl(conclusion: Conclusion, control: Conclusion | undefined): Conclusion {
  if (!control || control.verdict === "shared" || conclusion.verdict !== "isolated") {
    return conclusion;
  }
  const { bound: _, ...rest } = conclusion;
  const why = control.reason ?? "Its requests did not overlap.";
  return {
    ...rest,
    verdict: "inconclusive",
    reason:
      "The control, whose requests must share a process, showed no sharing, so it might have gone " +
      `unseen here as well. ${why}`,
  };
}

/**
 * Whether this invocation found what an earlier one, already over, had left: its counter is higher
 * than the number of invocations in its instance accounts for.
 */
function isRemembering({ report }: Identified): boolean {
  return report.counter > report.inFlightOnEntry;
}

function countOutcomes(runs: readonly RunEvidence[]): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { requests } of runs) {
    for (const { outcome } of requests) counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** How many trials each runner had in a run: together those of its conclusion. */
export function trialsByRunner(run: RunEvidence): Map<string | undefined, number> {
  const groups = Map.groupBy(believe([run]).credible.flat(), ({ runner }) => runner);
  return new Map([...groups].map(([runner, items]) => [runner, countTrials(items)]));
}

/** What of the answers is believed, run by run: nothing of a process whose answers contradict each other. */
function believe(runs: readonly RunEvidence[]) {
  const byRun = runs.map((run) => run.requests.filter(isIdentified));
  const identified = byRun.flat();
  const contradictions = findContradictions(identified);
  const isCredible = (item: Identified) => !contradictions.has(item.report.process);
  const credible = contradictions.size === 0 ? byRun : byRun.map((run) => run.filter(isCredible));
  return { identified, contradictions, credible };
}

/** From the shot to the last answer, in milliseconds, by the clock of whichever runner took longest. */
function wallOf({ requests }: RunEvidence): number {
  return requests.reduce((latest, { answeredAt = 0 }) => Math.max(latest, answeredAt), 0);
}

/** Between the first and the last request that a runner fired of the burst, in milliseconds. */
function skewOf({ requests, concurrency }: RunEvidence): number {
  const burst = requests.filter(({ index }) => index < concurrency);
  return burst.reduce((latest, { sentAt = 0 }) => Math.max(latest, sentAt), 0);
}

function countDistinct<T>(items: readonly T[], keyOf: (item: T) => string): number {
  const keys = new Set<string>();
  for (const item of items) keys.add(keyOf(item));
  return keys.size;
}

function sum<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((total, item) => total + measure(item), 0);
}
