/** Time from left to right: runs stand beside each other, and a second is as wide in each. */

/** The share of the width that the gaps between runs may take. */
const GAPS_SHARE = 0.2;
const WIDEST_GAP = 28;
const NEAREST_TICKS = 56;
const STEPS = [1, 2, 5, 10];

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

/** However long the runs: a record may say anything of its times. */
function tickOf(pixelsPerMs: number): number {
  if (pixelsPerMs === 0) return Number.MAX_VALUE;
  const leastMs = NEAREST_TICKS / pixelsPerMs;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(leastMs)));
  return power * (STEPS.find((step) => step * power >= leastMs) ?? 10);
}
