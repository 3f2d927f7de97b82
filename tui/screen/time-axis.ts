/** The time axis that all bars of a run share. */

/** Draws times, in milliseconds from the shot, on so many columns. */
export interface TimeAxis {
  readonly width: number;
  /** The time at the right end. */
  readonly endMs: number;
}

/** Labels stand at least this far apart, in columns. */
const LABEL_DISTANCE = 5;
const STEPS_MS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000];

/**
 * The end of the axis: a little beyond the hold, and further in steps once that has passed, so that
 * the bars do not shrink with every frame.
 */
export function axisEnd(holdMs: number, nowMs: number): number {
  let end = holdMs * 1.1;
  while (end < nowMs) end *= 1.5;
  return end;
}

/** The axis line: `0 s   1   2   3`. */
export function axisLabels({ width, endMs }: TimeAxis): string {
  const most = Math.max(1, Math.floor(width / LABEL_DISTANCE));
  const step = STEPS_MS.find((candidate) => endMs / candidate <= most) ?? endMs;
  let line = "0 s";
  for (let at = step; at < endMs; at += step) {
    const label = String(at / 1_000);
    const column = columnOf({ width, endMs }, at);
    if (column > line.length && column + label.length <= width) {
      line = line.padEnd(column) + label;
    }
  }
  return line;
}

/** One bar: `●━━━━●`, or `●━━━━╸` while it is open. */
export function bar(axis: TimeAxis, from: number, until: number, open: boolean): string {
  const start = columnOf(axis, from);
  const end = Math.max(start, columnOf(axis, until));
  const head = end === start ? "" : open ? "╸" : "●";
  return `${" ".repeat(start)}●${"━".repeat(Math.max(0, end - start - 1))}${head}`;
}

function columnOf({ width, endMs }: TimeAxis, at: number): number {
  const share = endMs > 0 ? Math.min(Math.max(at / endMs, 0), 1) : 0;
  return Math.round(share * (width - 1));
}
