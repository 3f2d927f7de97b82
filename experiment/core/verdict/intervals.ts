/**
 * Half-open intervals [from, until) and what is true of many of them, in O(n log n). An empty
 * interval holds no moment, so it shares none.
 */

export interface Interval {
  from: number;
  until: number;
}

/** Whether two intervals share a moment. Ending when the other begins is not sharing. */
export function intersect(a: Interval, b: Interval): boolean {
  return isFilled(a) && isFilled(b) && a.from < b.until && b.from < a.until;
}

function isFilled({ from, until }: Interval): boolean {
  return from < until;
}

/** How many pairs of intervals share a moment. */
export function countIntersections(intervals: readonly Interval[]): number {
  return openAtStarts(intervals).reduce((sum, open) => sum + open, 0);
}

/** The most intervals that share one moment. */
export function countDeepest(intervals: readonly Interval[]): number {
  return openAtStarts(intervals).reduce((deepest, open) => Math.max(deepest, open + 1), 0);
}

/** For each interval, in order of beginning: how many began before it and have not ended yet. */
function openAtStarts(intervals: Iterable<Interval>): number[] {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const interval of intervals) {
    if (!isFilled(interval)) continue;
    starts.push(interval.from);
    ends.push(interval.until);
  }
  // A typed array is sorted by number, and many times as fast as by a comparison.
  const sortedStarts = new Float64Array(starts).sort();
  const sortedEnds = new Float64Array(ends).sort();
  const open: number[] = [];
  let ended = 0;
  for (const start of sortedStarts) {
    while (ended < sortedEnds.length && (sortedEnds[ended] ?? 0) <= start) ended += 1;
    open.push(open.length - ended);
  }
  return open;
}

/** Two intervals that share a moment, the earliest such pair; `undefined` where all are apart. */
export function firstIntersection<T extends Interval>(items: readonly T[]): [T, T] | undefined {
  let open: T | undefined;
  for (const item of items.filter(isFilled).sort((a, b) => a.from - b.from)) {
    if (open && intersect(open, item)) return [open, item];
    if (!open || item.until > open.until) open = item;
  }
  return undefined;
}

/** The sizes of the connected components of the relation "shares a moment with". */
export function componentSizes(intervals: Iterable<Interval>): number[] {
  const sizes: number[] = [];
  for (const open of openAtStarts(intervals)) {
    if (open === 0) sizes.push(1);
    else sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
  }
  return sizes;
}
