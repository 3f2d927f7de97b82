/** Proof that one process served two requests at once. One is enough. */

import type { Sharing, Witness, WitnessParty } from "../record-lines.ts";
import { type Identified, isIdentified, type RunEvidence } from "./evidence.ts";
import { countDeepest, countIntersections, firstIntersection } from "./intervals.ts";

export interface Proof {
  sharing: Sharing;
  witness: Witness;
}

/** An invocation as an interval of its process's own clock. */
function intervalOf(item: Identified) {
  return { from: item.report.enteredAt, until: item.report.leftAt, item };
}

/** Pairs of invocations that were in one process at once, over all processes. */
export function countOverlaps(all: readonly Identified[]): number {
  const processes = Map.groupBy(all, (item) => item.report.process).values();
  return processes.reduce((sum, items) => sum + countIntersections(items.map(intervalOf)), 0);
}

/** The most requests that one process had inside at once, by its own clock. */
export function mostAtOnce(runs: readonly RunEvidence[]): number {
  const identified = runs.flatMap((run) => run.requests.filter(isIdentified));
  const processes = Map.groupBy(identified, (item) => item.report.process).values();
  return processes.reduce((most, items) => Math.max(most, countDeepest(items.map(intervalOf))), 0);
}

/**
 * Looks for proof of sharing, the strongest first: two invocations of one instance at once; an answer
 * that says another was in flight in its instance, or whose globals changed under it (the partner's
 * own answer may have been lost); two invocations of one process at once. No runner's clock is needed.
 */
export function findProof(all: readonly Identified[]): Proof | undefined {
  const process = findOverlap(all, (item) => item.report.process);
  // An instance is of one process: where no process has an overlap, no instance has.
  const instance = process && findOverlap(all, (item) => item.report.instance);
  const globals = instance ?? findLostPartner(all);
  if (globals) return { sharing: "globals", witness: globals };
  return process && { sharing: "process", witness: process };
}

function findOverlap(
  all: readonly Identified[],
  keyOf: (item: Identified) => string,
): Witness | undefined {
  for (const items of Map.groupBy(all, keyOf).values()) {
    const pair = firstIntersection(items.map(intervalOf));
    if (pair) return witness(pair[0].item, pair[1].item);
  }
  return undefined;
}

function findLostPartner(all: readonly Identified[]): Witness | undefined {
  const item = all.find(
    ({ report }) => Math.max(report.inFlightOnEntry, report.inFlightPeak) > 1 || report.mixed,
  );
  return item && witness(item);
}

function witness(first: Identified, second?: Identified): Witness {
  const { environment, pid, enteredAt } = first.report;
  const party = ({ run, index, client, report }: Identified): WitnessParty => ({
    run,
    index,
    client,
    requestId: report.requestId,
    enteredMs: report.enteredAt - enteredAt,
    leftMs: report.leftAt - enteredAt,
  });
  return { environment, pid, first: party(first), ...(second && { second: party(second) }) };
}
