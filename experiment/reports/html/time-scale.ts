/** Time from left to right: runs stand beside each other, and a second is as wide in each. */

/** The share of the width that the gaps between runs may take. */
const GAPS_SHARE = 0.2;
const WIDEST_GAP = 28;
const NEAREST_TICKS = 56;
const STEPS_MS = [1, 2, 5].flatMap((step) =>
  [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((power) => step * power),
);

export interface RunSpan {
  left: number;
  width: number;
}

export interface TimeScale {
  spans: readonly RunSpan[];
  pixelsPerMs: number;
  /** Between the marks of the axis, in milliseconds. */
  tickMs: number;
}

/**
 * @param wallsMs how long each run took
 * @param width in pixels, of all together
 */
export function timeScale(wallsMs: readonly number[], width: number): TimeScale {
  const gaps = Math.max(0, wallsMs.length - 1);
  const gap = gaps === 0 ? 0 : Math.min(WIDEST_GAP, (width * GAPS_SHARE) / gaps);
  const total = wallsMs.reduce((sum, wall) => sum + wall, 0);
  const pixelsPerMs = total > 0 ? (width - gap * gaps) / total : 0;
  let left = 0;
  const spans = wallsMs.map((wall) => {
    const span = { left, width: wall * pixelsPerMs };
    left += span.width + gap;
    return span;
  });
  return { spans, pixelsPerMs, tickMs: tickOf(pixelsPerMs) };
}

function tickOf(pixelsPerMs: number): number {
  const steps = STEPS_MS.toSorted((a, b) => a - b);
  return steps.find((step) => step * pixelsPerMs >= NEAREST_TICKS) ?? steps.at(-1) ?? 1;
}
