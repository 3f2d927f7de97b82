/**
 * Whether the times that the answers of one process give can stand beside those of the runner. The
 * two clocks count from different moments, and that of a process stands still while its environment is
 * frozen; but it never runs back, and never ahead of the runner's.
 */

import type { Identified } from "./evidence.ts";

/** Slack for clocks that run at slightly different rates, in milliseconds and as a share. */
const SLACK_MS = 2;
const RATE = 1.001;

/** @returns what cannot be true, or `undefined` */
export function clockContradiction(items: readonly Identified[]): string | undefined {
  return impossibleDuration(items) ?? impossibleOrder(items) ?? fallingCounter(items);
}

function impossibleDuration(items: readonly Identified[]): string | undefined {
  for (const { report, sentAt, answeredAt } of items) {
    const duration = report.leftAt - report.enteredAt;
    if (duration < 0) return "an invocation left before it entered, by its own clock";
    if (duration > (answeredAt - sentAt) * RATE + SLACK_MS) {
      return "an invocation took longer by its own clock than its request was under way";
    }
  }
  return undefined;
}

function impossibleOrder(items: readonly Identified[]): string | undefined {
  let latestLeft = Number.NEGATIVE_INFINITY;
  // Runs follow one another, and the items of an earlier one stand before those of a later one.
  for (const run of Map.groupBy(items, (item) => item.run).values()) {
    const earliest = run.reduce((min, { report }) => Math.min(min, report.enteredAt), Infinity);
    if (latestLeft > earliest + SLACK_MS) {
      return "an invocation entered, by its process's clock, before one of an earlier run left";
    }
    if (runsAhead(run)) {
      return "two invocations cannot have been, by the runner's clock, when their process's clock says";
    }
    latestLeft = run.reduce((max, { report }) => Math.max(max, report.leftAt), latestLeft);
  }
  return undefined;
}

/**
 * Whether more time passed between two moments of a run by the process's clock than by the runner's.
 * The runner knows of an entry that it was not before the request was sent, and of a leaving that it
 * was not after the answer came; so where one left after another had entered, no more may lie between
 * the two than between that answer and that sending.
 */
function runsAhead(run: readonly Identified[]): boolean {
  const byEntry = run.toSorted((a, b) => a.report.enteredAt - b.report.enteredAt);
  let entered = 0;
  // Of those that have entered: the most that the process's clock may be ahead of the runner's.
  let mostAhead = Number.POSITIVE_INFINITY;
  for (const item of run.toSorted((a, b) => a.report.leftAt - b.report.leftAt)) {
    const { leftAt } = item.report;
    for (let next = byEntry[entered]; next; next = byEntry[entered]) {
      if (next.report.enteredAt + SLACK_MS >= leftAt) break;
      mostAhead = Math.min(mostAhead, next.report.enteredAt - next.sentAt * RATE);
      entered += 1;
    }
    if (leftAt - item.answeredAt * RATE > mostAhead + SLACK_MS) return true;
  }
  return false;
}

/**
 * A counter only grows: who enters an instance after another has left finds it higher. Of those that
 * are inside together nothing follows, since a handler may wait before it counts.
 */
function fallingCounter(items: readonly Identified[]): string | undefined {
  for (const instance of Map.groupBy(items, (item) => item.report.instance).values()) {
    const counters = new Set(instance.map(({ report }) => report.counter));
    if (counters.size < instance.length)
      return "two answers claim one instance and the same counter";
    const byLeaving = instance.toSorted((a, b) => a.report.leftAt - b.report.leftAt);
    let left = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (const { report } of instance.toSorted((a, b) => a.report.enteredAt - b.report.enteredAt)) {
      for (let next = byLeaving[left]; next; next = byLeaving[left]) {
        if (next.report.leftAt + SLACK_MS >= report.enteredAt) break;
        highest = Math.max(highest, next.report.counter);
        left += 1;
      }
      if (report.counter < highest) {
        return "an invocation entered after another had left, and found a lower counter";
      }
    }
  }
  return undefined;
}
