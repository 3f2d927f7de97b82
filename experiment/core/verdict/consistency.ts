/**
 * Whether what the answers of one process say of themselves can all be true. Where it cannot, they
 * prove neither sharing nor isolation: two processes may claim one identity, or a clock jumped.
 */

import type { Identified, Report } from "./evidence.ts";
import { firstIntersection } from "./intervals.ts";

/** Slack for clocks that run at slightly different rates, in milliseconds and as a share. */
const SLACK_MS = 2;
const SLACK_RATE = 0.001;

/**
 * Looks for a contradiction among the answers that claim to come from one process.
 *
 * @returns what cannot be true, or `undefined`
 */
function contradictionIn(items: readonly Identified[]): string | undefined {
  return (
    misdelivery(items) ??
    impossibleDuration(items) ??
    impossibleOrder(items) ??
    repeatedCounter(items) ??
    entangledInstances(items)
  );
}

/** A cache or a proxy may hand one request the answer of another. */
function misdelivery(items: readonly Identified[]): string | undefined {
  return items.some(({ report }) => report.misdelivered)
    ? "an answer names another client than its request did"
    : undefined;
}

function impossibleDuration(items: readonly Identified[]): string | undefined {
  for (const { report, sentAt, answeredAt } of items) {
    const duration = report.leftAt - report.enteredAt;
    const window = (answeredAt - sentAt) * (1 + SLACK_RATE) + SLACK_MS;
    if (duration < 0) return "an invocation left before it entered, by its own clock";
    if (duration > window) {
      return "an invocation took longer by its own clock than its request was under way";
    }
  }
  return undefined;
}

/** Requests of one run that were apart by the runner's clock, but together by the process's. */
function impossibleOrder(items: readonly Identified[]): string | undefined {
  for (const run of Map.groupBy(items, (item) => item.run).values()) {
    const byAnswer = run.toSorted((a, b) => a.answeredAt - b.answeredAt);
    let answered = 0;
    let latestLeft = Number.NEGATIVE_INFINITY;
    for (const item of run.toSorted((a, b) => a.sentAt - b.sentAt)) {
      for (; (byAnswer[answered]?.answeredAt ?? Infinity) < item.sentAt; answered += 1) {
        latestLeft = Math.max(latestLeft, byAnswer[answered]?.report.leftAt ?? latestLeft);
      }
      if (latestLeft > item.report.enteredAt + SLACK_MS) {
        return "an invocation entered, by its process's clock, before an earlier one left";
      }
    }
  }
  return undefined;
}

/** A counter only grows, so no instance shows one value to two requests. */
function repeatedCounter(items: readonly Identified[]): string | undefined {
  for (const claims of Map.groupBy(items, (item) => item.report.instance).values()) {
    if (new Set(claims.map((item) => item.report.counter)).size < claims.length) {
      return "two answers claim one instance and the same counter";
    }
  }
  return undefined;
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
