/** How many chances to share a process the service had, and what not having taken them is worth. */

import { byRunner, type Identified } from "./evidence.ts";
import { componentSizes, type Interval } from "./intervals.ts";

/**
 * When an invocation ran for certain, by the runner's clock, whatever the clock of its environment.
 *
 * With the handler's own duration d, it began at the latest at `answeredAt − d` and ended at the
 * earliest at `sentAt + d`. Where these leave nothing between them there is no certainty.
 */
export function certainInterval(item: Identified): Interval | undefined {
  const duration = item.report.leftAt - item.report.enteredAt;
  const from = item.answeredAt - duration;
  const until = item.sentAt + duration;
  return from < until ? { from, until } : undefined;
}

/**
 * Counts the chances to share of one run, each a request that could have been put into a process which
 * was certainly busy: the size less one of every group whose members are connected by certain
 * overlaps. Five at once give four. Certainty is of one clock, so that groups are of one runner each;
 * there are never more trials than one clock would have shown.
 */
export function countTrials(items: readonly Identified[]): number {
  const groups = byRunner(items).flatMap((those) => componentSizes(certainIntervals(those)));
  return groups.reduce((sum, size) => sum + size - 1, 0);
}

/** One at a time: of a million requests no list of intervals need be kept. */
function* certainIntervals(items: readonly Identified[]): Generator<Interval> {
  for (const item of items) {
    const interval = certainInterval(item);
    if (interval) yield interval;
  }
}

/**
 * The 95 % upper bound on the probability that the service puts two requests into one process,
 * when it had `trials` chances and took none: 1 − 0.05^(1/n). It takes the service's decisions as
 * independent of each other, which those of a single burst are not quite.
 *
 * @returns a probability from 0 to 1; 1 when there was no trial
 */
export function upperBound(trials: number): number {
  return trials > 0 ? 1 - 0.05 ** (1 / trials) : 1;
}
