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
function openAtStarts(intervals: readonly Interval[]): number[] {
  const filled = intervals.filter(isFilled);
  const starts = filled.map(({ from }) => from).sort(ascending);
  const ends = filled.map(({ until }) => until).sort(ascending);
  let ended = 0;
  return starts.map((start, begun) => {
    while (ended < ends.length && (ends[ended] ?? 0) <= start) ended += 1;
    return begun - ended;
  });
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
export function componentSizes(intervals: readonly Interval[]): number[] {
  const sizes: number[] = [];
  let reach = Number.NEGATIVE_INFINITY;
  for (const { from, until } of intervals.filter(isFilled).sort((a, b) => a.from - b.from)) {
    if (from < reach) sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
    else sizes.push(1);
    reach = Math.max(reach, until);
  }
  return sizes;
}

function ascending(a: number, b: number): number {
  return a - b;
}
