/**
 * Which environment was busy when, laid out: lanes from top to bottom, time from left to right. Of
 * more requests than a reader can tell apart, neighbours become one mark, and lanes are chosen.
 */

import assert from "node:assert/strict";
import { type Evidence, isIdentified } from "../../core/verdict/evidence.ts";
import type { RunState } from "../../records/fold.ts";
import { environmentRows } from "../environment-rows.ts";

/** Beyond these a picture is neither read nor sent. */
const MOST_ROWS = 60;
const MOST_MARKS = 1_500;
/** Bars within this width are one mark: single ones could not be seen. */
const MARK_WIDTH = 6;
/** Two rows are what proves sharing. */
const PROOF = 2;

/** The share of the width that the gaps between runs may take. */
const GAPS_SHARE = 0.2;
const WIDEST_GAP = 28;
const NEAREST_TICKS = 56;
const TICK_STEPS = [1, 2, 5, 10];

/** One request as it is drawn; times are milliseconds of its runner's clock, from its shot of the run. */
export interface Bar {
  evidence: Evidence;
  /** Which of the series' runs. */
  run: number;
  /** When it was sent; later where its row was taken until then. */
  from: number;
  until: number;
  /** Where the handler's own time begins; absent where nothing is known of it. */
  insideFrom: number | undefined;
  /** Ran in one process with another at the same time. */
  overlaps: boolean;
}

/** One bar, or several that are too close to be drawn apart. */
export type Mark = readonly [Bar, ...Bar[]];

interface Lane {
  /** Absent for the requests that no environment is known to have served. */
  environment: string | undefined;
  firstRow: number;
  /** One, or as many as it served requests at once. */
  rows: readonly (readonly Mark[])[];
}

export interface Layout {
  scale: TimeScale;
  lanes: readonly Lane[];
  /** Of all lanes. */
  rows: number;
  /** What is drawn, and what there is. */
  drawn: Counts;
  all: Counts;
}

interface Counts {
  environments: number;
  requests: number;
}

/** As much of a run as is laid out. */
export type LaidOutRun = Pick<RunState, "line" | "requests" | "conclusion">;

/**
 * Lays out the requests of all runs. Environments stand in order of first use, requests without one
 * last.
 *
 * @param width of all runs together, in units of the picture
 */
export function layOut(runs: readonly LaidOutRun[], width: number): Layout {
  const scale = timeScale(
    runs.map(({ conclusion }) => conclusion.wallMs),
    width,
  );
  const rowsOf = new Map<string | undefined, Bar[][]>(
    environmentRows(runs).map(({ id }) => [id, []]),
  );
  const sent = runs.reduce((sum, { requests }, run) => sum + stack(requests, run, rowsOf), 0);
  const lanes = [...rowsOf].map(([environment, rows]) => ({
    environment,
    rows: rows.map((bars) => marksOf(bars, scale)),
  }));
  const shown = chooseRows(lanes);
  let firstRow = 0;
  const drawn = lanes.flatMap((lane) => {
    const rows = lane.rows.slice(0, shown.get(lane) ?? 0);
    firstRow += rows.length;
    return rows.length === 0 ? [] : [{ ...lane, rows, firstRow: firstRow - rows.length }];
  });
  const environments = (some: readonly { environment: string | undefined }[]) =>
    some.filter(({ environment }) => environment !== undefined).length;
  const bars = drawn.flatMap(({ rows }) => rows.flat());
  return {
    scale,
    lanes: drawn,
    rows: firstRow,
    drawn: {
      environments: environments(drawn),
      requests: bars.reduce((sum, { length }) => sum + length, 0),
    },
    all: { environments: environments(lanes), requests: sent },
  };
}

/** When a request was where, by the runner's clock. */
interface Stay {
  evidence: Evidence;
  sent: number;
  /** When its handler began, at the latest; of a request without a report, when it was sent. */
  from: number;
  /** When it was answered, or given up. */
  until: number;
  /** By the clock of its process; of a request without a report, when it was sent. */
  entered: number;
  left: number;
}

/**
 * The handler's own time, set against the answer's arrival: clocks of environments cannot be
 * compared with the runner's.
 *
 * @returns `undefined` when the request was not sent
 */
function stayOf(evidence: Evidence): Stay | undefined {
  const { sentAt: sent, answeredAt: until = sent } = evidence;
  if (sent === undefined || until === undefined) return undefined;
  if (!isIdentified(evidence)) {
    return { evidence, sent, from: sent, until, entered: sent, left: until };
  }
  const { enteredAt: entered, leftAt: left } = evidence.report;
  const from = Math.min(until, Math.max(sent, until - (left - entered)));
  return { evidence, sent, from, until, entered, left };
}

/**
 * Gives each request of a run the first row of its environment that is free when it enters, by the
 * process's own clock: a second row is proof of sharing. Answers may arrive late, and in another
 * order; a bar begins where the one before it in its row ends at the earliest. What finds no free row
 * among as many as are ever drawn gets none. Each runner has rows of its own, since bars of two clocks
 * cannot stand one behind the other.
 *
 * @param rowsOf the rows of each environment, to which bars are added
 * @returns how many requests were sent
 */
function stack(
  requests: readonly Evidence[],
  run: number,
  rowsOf: Map<string | undefined, Bar[][]>,
): number {
  /** Of each process, what is in its rows, and until when by its own clock. */
  const processes = new Map<string | undefined, Map<number, { bar: Bar; left: number }>>();
  const stays = requests.flatMap((evidence) => stayOf(evidence) ?? []);
  for (const stay of stays.sort((a, b) => a.entered - b.entered)) {
    const { evidence, sent, entered, left } = stay;
    const { report, runner } = evidence;
    const inside = processes.get(report?.process) ?? new Map<number, { bar: Bar; left: number }>();
    processes.set(report?.process, inside);
    const rows = rowsOf.get(report?.environment) ?? [];
    rowsOf.set(report?.environment, rows);
    const isFree = (depth: number) => {
      const [first] = rows[depth] ?? [];
      if (first && first.evidence.runner !== runner) return false;
      return (inside.get(depth)?.left ?? entered) <= entered;
    };
    let depth = 0;
    while (depth < MOST_ROWS && !isFree(depth)) depth += 1;
    // An empty interval holds no moment, so it shares none.
    const isFilled = report !== undefined && left > entered;
    const others = isFilled ? [...inside.values()].filter((other) => other.left > entered) : [];
    for (const { bar } of others) bar.overlaps = true;
    if (depth === MOST_ROWS) continue;
    const earliest = inside.get(depth)?.bar.until ?? sent;
    const begin = Math.max(stay.from, earliest);
    const bar: Bar = {
      evidence,
      run,
      from: Math.max(sent, earliest),
      until: Math.max(stay.until, begin),
      insideFrom: report && begin,
      overlaps: others.length > 0,
    };
    inside.set(depth, { bar, left });
    const row = rows[depth] ?? [];
    rows[depth] = row;
    row.push(bar);
  }
  return stays.length;
}

/** The bars of a row from left to right, neighbours joined where they are too narrow to be seen. */
function marksOf(bars: readonly Bar[], scale: TimeScale): Mark[] {
  const marks: [Bar, ...Bar[]][] = [];
  for (const bar of bars.toSorted((a, b) => a.run - b.run || a.from - b.from)) {
    const mark = marks.at(-1);
    const isNear = mark && xOf(scale, bar.run, bar.until) - left(mark, scale) <= MARK_WIDTH;
    if (isNear) mark.push(bar);
    else marks.push([bar]);
  }
  return marks;
}

function left([{ run, from }]: Mark, scale: TimeScale): number {
  return xOf(scale, run, from);
}

/**
 * How many rows of each lane are drawn. Requests without an environment come first, then the
 * environments that shared a process, then the others in order of first use. While there is room,
 * each gets two rows, then each a third one, and so on.
 */
function chooseRows<T extends Pick<Lane, "environment" | "rows">>(
  lanes: readonly T[],
): Map<T, number> {
  const rankOf = ({ environment, rows }: T) => {
    if (environment === undefined) return 0;
    return rows.flat(2).some((bar) => bar.overlaps) ? 1 : 2;
  };
  const ranked = lanes.map((lane) => ({ lane, rank: rankOf(lane) }));
  ranked.sort((a, b) => a.rank - b.rank);
  const deepest = lanes.reduce((most, { rows }) => Math.max(most, rows.length), PROOF);
  const shown = new Map<T, number>();
  let [rows, marks] = [0, 0];
  for (let depth = PROOF; depth <= deepest; depth += 1) {
    for (const { lane } of ranked) {
      for (const row of lane.rows.slice(shown.get(lane) ?? 0, depth)) {
        rows += 1;
        marks += row.length;
        if (rows > MOST_ROWS || marks > MOST_MARKS) return shown;
        shown.set(lane, (shown.get(lane) ?? 0) + 1);
      }
    }
  }
  return shown;
}

/** Runs stand beside each other, and a second is as wide in each. */
export interface TimeScale {
  /** Where each run begins. */
  lefts: readonly number[];
  pixelsPerMs: number;
  /** Between the marks of the axis, in milliseconds. */
  tickMs: number;
}

/**
 * @param wallsMs how long each run took
 * @param width of all together, in units of the picture
 */
export function timeScale(wallsMs: readonly number[], width: number): TimeScale {
  const gaps = Math.max(0, wallsMs.length - 1);
  const gap = gaps === 0 ? 0 : Math.min(WIDEST_GAP, (width * GAPS_SHARE) / gaps);
  const total = wallsMs.reduce((sum, wall) => sum + wall, 0);
  const pixelsPerMs = total > 0 ? (width - gap * gaps) / total : 0;
  let right = -gap;
  const lefts = wallsMs.map((wall) => {
    const left = right + gap;
    right = left + wall * pixelsPerMs;
    return left;
  });
  return { lefts, pixelsPerMs, tickMs: tickOf(pixelsPerMs) };
}

/** Where a moment of a run stands. */
export function xOf({ lefts, pixelsPerMs }: TimeScale, run: number, ms: number): number {
  const left = lefts[run];
  assert(left !== undefined, `run ${run} is not one of the picture`);
  return left + ms * pixelsPerMs;
}

/** However long the runs: a record may say anything of its times. */
function tickOf(pixelsPerMs: number): number {
  if (pixelsPerMs === 0) return Number.MAX_VALUE;
  const leastMs = NEAREST_TICKS / pixelsPerMs;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(leastMs)));
  return power * (TICK_STEPS.find((step) => step * power >= leastMs) ?? 10);
}
