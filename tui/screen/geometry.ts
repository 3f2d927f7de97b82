/** How the rows of the terminal are shared out. */

import type { Snapshot } from "../state.ts";
import type { Line } from "../terminal/styled-text.ts";
import { footLines } from "../views/head-and-foot.ts";

export interface Size {
  columns: number;
  rows: number;
}

export const MIN_SIZE: Size = { columns: 60, rows: 15 };
export const HEAD_ROWS = 3;
const RULES = 2;
const KEY_ROWS = 1;
/** However long the foot's text is. */
const LEAST_BODY_ROWS = 4;
const MORE: Line = [{ text: "… (a larger terminal shows it all)", dim: true }];
/** From here on a verdict takes fewer lines. */
const WIDE = 100;

/** The least rows of the foot beside the keys, so that the body does not move when a verdict comes. */
function verdictRows(columns: number): number {
  return columns < WIDE ? 4 : 3;
}

export interface FrameLayout {
  size: Size;
  /** The text above the keys. */
  foot: Line[];
  footRows: number;
  bodyRows: number;
}

/** Shares out the rows: the foot takes what its text needs, the body what is left. */
export function frameLayout(snapshot: Snapshot, size: Size): FrameLayout {
  const text = footLines(snapshot, size.columns - 2);
  // The last row stays free: Ink clears the whole terminal when a frame fills it.
  const shared = size.rows - 1 - HEAD_ROWS - RULES - KEY_ROWS;
  const wanted = Math.max(text.length, verdictRows(size.columns));
  const footRows = Math.min(wanted, shared - LEAST_BODY_ROWS);
  const foot = text.length <= footRows ? text : [...text.slice(0, footRows - 1), MORE];
  return { size, foot, footRows, bodyRows: shared - footRows };
}
