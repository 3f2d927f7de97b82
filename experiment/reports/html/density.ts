/** The same picture for more requests than can be drawn: how many were in the handler, cell by cell. */

import type { Evidence } from "../../core/verdict/evidence.ts";
import { overlapping } from "../overlapping.ts";
import type { RecordedRun } from "../recorded-experiment.ts";
import { stayOf } from "./stay.ts";
import type { RunSpan } from "./time-scale.ts";

interface DensityRow {
  /** How many environments it stands for. */
  environments: number;
  /** The first of them; absent for the requests that no environment is known to have served. */
  first: string | undefined;
}

interface DensityRun {
  columns: number;
  /** Requests in the handler on average, row by row. */
  inFlight: readonly Float64Array[];
  /** Whether a process served two at once, row by row. */
  overlaps: readonly Uint8Array[];
}

export interface Density {
  rows: readonly DensityRow[];
  runs: readonly DensityRun[];
  /** The largest of all cells. */
  most: number;
}

/**
 * @param environments in the order of the rows
 * @param mostRows how many rows there may be; environments share a row where they are more
 * @param columnWidth in pixels
 */
export function densityOf(
  runs: readonly RecordedRun[],
  environments: readonly string[],
  spans: readonly RunSpan[],
  { mostRows, columnWidth }: { mostRows: number; columnWidth: number },
): Density {
  const perRow = Math.max(1, Math.ceil(environments.length / mostRows));
  const rows: DensityRow[] = [];
  const rowOf = new Map<string | undefined, number>();
  for (const [index, environment] of environments.entries()) {
    const row = Math.floor(index / perRow);
    rowOf.set(environment, row);
    rows[row] ??= { environments: 0, first: environment };
    rows[row].environments += 1;
  }
  if (runs.some(({ requests }) => requests.some(isSentInVain))) {
    rowOf.set(undefined, rows.length);
    rows.push({ environments: 0, first: undefined });
  }
  const grids = runs.map((run, index) => {
    const columns = Math.max(1, Math.floor((spans[index]?.width ?? 0) / columnWidth));
    return fill(run, rows.length, columns, rowOf);
  });
  const most = grids
    .flatMap(({ inFlight }) => inFlight)
    .reduce((max, row) => row.reduce((high, value) => Math.max(high, value), max), 0);
  return { rows, runs: grids, most };
}

/** Sent, but no environment is known to have served it. */
function isSentInVain({ sentAt, report }: Evidence): boolean {
  return sentAt !== undefined && report === undefined;
}

function fill(
  { requests, conclusion }: RecordedRun,
  rows: number,
  columns: number,
  rowOf: ReadonlyMap<string | undefined, number>,
): DensityRun {
  const inFlight = Array.from({ length: rows }, () => new Float64Array(columns));
  /** What every column from here on has more of than the one before. */
  const steps = Array.from({ length: rows }, () => new Float64Array(columns + 1));
  const overlaps = Array.from({ length: rows }, () => new Uint8Array(columns));
  const marked = overlapping(requests);
  const perMs = conclusion.wallMs > 0 ? columns / conclusion.wallMs : 0;
  for (const evidence of requests) {
    const stay = stayOf(evidence);
    const row = rowOf.get(evidence.report?.environment);
    if (!stay || row === undefined) continue;
    const from = clamp(stay.from * perMs, columns);
    const until = clamp(stay.until * perMs, columns);
    spread(inFlight[row], steps[row], from, until);
    if (!marked.has(evidence)) continue;
    overlaps[row]?.fill(1, Math.floor(from), Math.max(Math.ceil(until), Math.floor(from) + 1));
  }
  for (const [row, cells] of inFlight.entries()) {
    let whole = 0;
    for (let column = 0; column < columns; column += 1) {
      whole += steps[row]?.[column] ?? 0;
      cells[column] = (cells[column] ?? 0) + whole;
    }
  }
  return { columns, inFlight, overlaps };
}

/** Adds a stay: its share to the columns at its ends, and steps for the whole ones between. */
function spread(
  cells: Float64Array | undefined,
  steps: Float64Array | undefined,
  from: number,
  until: number,
): void {
  if (!cells || !steps || until <= from) return;
  const first = Math.floor(from);
  const last = Math.min(Math.floor(until), cells.length - 1);
  if (first >= last) {
    cells[last] = (cells[last] ?? 0) + until - from;
    return;
  }
  cells[first] = (cells[first] ?? 0) + first + 1 - from;
  cells[last] = (cells[last] ?? 0) + until - last;
  steps[first + 1] = (steps[first + 1] ?? 0) + 1;
  steps[last] = (steps[last] ?? 0) - 1;
}

function clamp(column: number, columns: number): number {
  return Math.min(Math.max(column, 0), columns);
}
