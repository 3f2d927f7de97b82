/**
 * Whether what the answers of one process say of themselves can all be true. Where it cannot, they
 * prove neither sharing nor isolation: two processes may claim one identity, or a clock jumped.
 */

import { clockContradiction } from "./clocks.ts";
import type { Identified, Report } from "./evidence.ts";
import { firstIntersection } from "./intervals.ts";

/**
 * Looks for a contradiction among the answers that claim to come from one process.
 *
 * @returns what cannot be true, or `undefined`
 */
function contradictionIn(items: readonly Identified[]): string | undefined {
  return (
    misdelivery(items) ?? miscount(items) ?? clockContradiction(items) ?? entangledInstances(items)
  );
}

/** A cache or a proxy may hand one request the answer of another. */
function misdelivery(items: readonly Identified[]): string | undefined {
  return items.some(({ report }) => report.misdelivered)
    ? "an answer names another client than its request did"
    : undefined;
}

/** An answer counts what is in its instance: see the contract. */
function miscount(items: readonly Identified[]): string | undefined {
  return items.some(({ report }) => report.miscounted)
    ? "a counter or a peak fell while an invocation was under way"
    : undefined;
}

/** A thread evaluates the module again only after a restart: its instances follow one another. */
function entangledInstances(items: readonly Identified[]): string | undefined {
  for (const thread of Map.groupBy(items, (item) => item.report.thread).values()) {
    const instances = Map.groupBy(thread, (item) => item.report.instance);
    if (instances.size === 1) continue;
    const spans = [...instances.values()].map((invocations) => ({
      from: invocations.reduce((min, { report }) => Math.min(min, report.enteredAt), Infinity),
      until: invocations.reduce((max, { report }) => Math.max(max, report.leftAt), -Infinity),
    }));
    if (firstIntersection(spans)) return "two instances claim one thread at the same time";
  }
  return undefined;
}

/**
 * Finds the processes whose answers contradict each other, and instances that two processes claim.
 *
 * @returns by process, what cannot be true
 */
export function findContradictions(items: readonly Identified[]): Map<string, string> {
  const contradictions = new Map<string, string>();
  for (const [process, claims] of Map.groupBy(items, (item) => item.report.process)) {
    const contradiction = contradictionIn(claims);
    if (contradiction) contradictions.set(process, contradiction);
  }
  const owners = new Map<string, Report>();
  for (const { report } of items) {
    const owner = owners.get(report.instance);
    if (!owner) owners.set(report.instance, report);
    else if (owner.thread !== report.thread) {
      contradictions.set(owner.process, "two threads claim one instance");
      contradictions.set(report.process, "two threads claim one instance");
    }
  }
  return contradictions;
}
