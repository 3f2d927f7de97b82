/** How the columns of the terminal are shared out between the parts of a lane. */

/**
 * How closely a run is looked at: every answer with its lane and its globals, every environment
 * with its lane and its latest globals, or one line for each environment.
 */
export type Density = "answers" | "environments" | "lines";

/** Widths in columns. */
export interface LaneColumns {
  isWide: boolean;
  /** Of an environment's number. */
  position: number;
  /** Of number, label and words of an environment. */
  left: number;
  client: number;
  bars: number;
  /** Of the words behind a bar. */
  right: number;
  /** Of the globals, where they stand on the same line. */
  globals: number;
}

/** From here on there is room for whole words. */
const WIDE = 100;

/** @param environments how many there are, for the width of their numbers */
export function laneColumns(columns: number, density: Density, environments: number): LaneColumns {
  const isWide = columns >= WIDE && density !== "lines";
  const position = Math.max(2, String(environments).length);
  // The last column stays free: a terminal may break the line behind it.
  const all = columns - 1;
  if (density !== "lines") {
    const [left, client, right] = isWide ? [52, 13, 9] : [30, 10, 8];
    return { isWide, position, left, client, right, bars: all - left - client - right, globals: 0 };
  }
  const [left, client, right] = [30, 10, 1];
  const rest = all - left - client - right;
  const bars = Math.round(rest * 0.35);
  return { isWide, position, left, client, right, bars, globals: rest - bars };
}
