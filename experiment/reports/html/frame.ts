/** What both pictures have in common: their measures, and the axis. */

import type { Series } from "../recorded-experiment.ts";
import { html, type Markup } from "./html.ts";
import type { TimeScale } from "./time-scale.ts";

/** In units of the picture, which are pixels at its natural size. */
export const PICTURE_WIDTH = 1_000;
export const LABEL_WIDTH = 104;
export const AXIS_HEIGHT = 26;
/** The last mark of the axis is wider than its line. */
const RIGHT_MARGIN = 14;
/** What is left for time. */
export const TIME_WIDTH = PICTURE_WIDTH - LABEL_WIDTH - RIGHT_MARGIN;
/** Of a lane's name. */
const MOST_CHARACTERS = 13;
/** Below these widths of a run there is no room for its name, or its number. */
const ROOM_FOR_NAME = 44;
const ROOM_FOR_NUMBER = 16;

/** The runs' names above, and the marks of time below. */
export function drawAxis({ runs }: Series, scale: TimeScale, height: number): Markup[] {
  const { spans, pixelsPerMs, tickMs } = scale;
  return runs.map(({ line, conclusion }, run) => {
    const { left = 0, width = 0 } = spans[run] ?? {};
    const x = LABEL_WIDTH + left;
    const number = `${line.index + 1}`;
    const name = width >= ROOM_FOR_NAME ? `Run ${number}` : width >= ROOM_FOR_NUMBER ? number : "";
    const ticks = Math.floor(conclusion.wallMs / tickMs);
    const marks = Array.from({ length: ticks + 1 }, (_, tick) => {
      const at = round(x + tick * tickMs * pixelsPerMs);
      return html`<path class="tick" d="M${at} 0V${height + 4}"/><text class="time" x="${at}"
 y="${height + 17}">${tickText(tick * tickMs)}</text>`;
    });
    return html`<text class="run-name" x="${round(x)}" y="-9">${name}</text>${marks}`;
  });
}

/** What stands at a lane, where there is room for so much. */
export function laneName(name: string): string {
  return name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name;
}

/** Coordinates do not need more digits, and a page with thousands of them is smaller. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function tickText(ms: number): string {
  return `${Number((ms / 1_000).toFixed(3))} s`;
}
