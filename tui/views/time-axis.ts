/** The time axis that all bars of a run share. */

import type { Line, Span } from "../terminal/styled-text.ts";

/** Draws times, in milliseconds from the shot, on so many columns. */
export interface TimeAxis {
  readonly width: number;
  /** The time at the right end. */
  readonly endMs: number;
}

/** A time span on the axis, in milliseconds from the shot. */
export interface Bar {
  from: number;
  until: number;
  /** Whether it goes on. */
  isOpen: boolean;
  colour: string;
}

/** Labels stand at least this far apart, in columns. */
const LABEL_DISTANCE = 5;
const STEPS_MS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000];

/**
 * The end of the axis: a little beyond the hold, and further in steps once that has passed, so that
 * the bars do not shrink with every frame.
 */
export function axisEnd(holdMs: number, nowMs: number): number {
  let end = Math.max(holdMs, 1) * 1.1;
  while (end < nowMs) end *= 1.5;
  return end;
}

/** The axis line: `0 s   1   2   3`. */
export function axisLabels(axis: TimeAxis): string {
  const { width, endMs } = axis;
  const most = Math.max(1, Math.floor(width / LABEL_DISTANCE));
  const step = STEPS_MS.find((candidate) => endMs / candidate <= most) ?? endMs;
  let line = "0 s";
  for (let at = step; at < endMs; at += step) {
    const label = String(at / 1_000);
    const column = columnOf(axis, at);
    if (column > line.length && column + label.length <= width) line = line.padEnd(column) + label;
  }
  return line;
}

/** Bars on one line, `●━━━━●`, or `●━━━━╸` while open; of two on one column the later is seen. */
export function barLine(axis: TimeAxis, bars: readonly Bar[]): Line {
  const cells = Array.from({ length: axis.width }, (): Span => ({ text: " " }));
  for (const { from, until, isOpen, colour } of bars) {
    const start = columnOf(axis, from);
    const end = Math.max(start, columnOf(axis, until));
    for (let column = start; column <= end; column++) cells[column] = { text: "━", colour };
    cells[end] = { text: isOpen ? "╸" : "●", colour };
    cells[start] = { text: "●", colour };
  }
  // Neighbours of one colour are one span.
  const spans: Span[] = [];
  for (const { text, colour } of cells) {
    const last = spans.at(-1);
    if (last && last.colour === colour) last.text += text;
    else spans.push({ text, colour });
  }
  return spans;
}

function columnOf({ width, endMs }: TimeAxis, at: number): number {
  return Math.round(Math.min(Math.max(at / endMs, 0), 1) * (width - 1));
}
