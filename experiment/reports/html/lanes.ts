/** Which environment was busy when, laid out: lanes from top to bottom, time from left to right. */

import type { Evidence } from "../../core/verdict/evidence.ts";
import { environmentRows } from "../environment-rows.ts";
import { overlapping } from "../overlapping.ts";
import type { RecordedRun } from "../recorded-experiment.ts";
import { type Stay, stayOf } from "./stay.ts";

/** One request as it is drawn; times are milliseconds of the runner's clock, from its run's shot. */
export interface Bar {
  evidence: Evidence;
  /** When it was sent; later where its row was taken until then. */
  from: number;
  until: number;
  /** Where the handler's own time begins; absent where nothing is known of it. */
  insideFrom: number | undefined;
  /** Which of all rows, from 0. */
  row: number;
  /** Ran in one process with another at the same time. */
  overlaps: boolean;
}

interface Lane {
  /** Absent for the requests that no environment is known to have served. */
  environment: string | undefined;
  firstRow: number;
  /** One, or as many as it served requests at once. */
  rows: number;
}

interface LaneRun {
  index: number;
  wallMs: number;
  bars: readonly Bar[];
}

export interface Layout {
  lanes: readonly Lane[];
  rows: number;
  runs: readonly LaneRun[];
}

/** Lays out the requests of all runs; environments stand in order of first use. */
export function layOut(runs: readonly RecordedRun[]): Layout {
  const order = environmentRows(runs).map(({ id }) => id);
  const placed = runs.map(({ requests }) => stack(requests));
  const depths = new Map<string | undefined, number>();
  for (const places of placed) {
    for (const [key, depth] of places.depths) {
      depths.set(key, Math.max(depth, depths.get(key) ?? 0));
    }
  }
  // Requests without an environment stand last.
  const keys = depths.has(undefined) ? [...order, undefined] : order;
  const lanes: Lane[] = [];
  let rows = 0;
  for (const environment of keys) {
    const lane = { environment, firstRow: rows, rows: depths.get(environment) ?? 1 };
    lanes.push(lane);
    rows += lane.rows;
  }
  const firstRows = new Map(lanes.map((lane) => [lane.environment, lane.firstRow]));
  return {
    lanes,
    rows,
    runs: runs.map(({ line, requests, conclusion }, run) => {
      const overlaps = overlapping(requests);
      return {
        index: line.index,
        wallMs: conclusion.wallMs,
        bars: (placed[run]?.bars ?? []).map(({ depth, ...bar }) => ({
          ...bar,
          row: (firstRows.get(bar.evidence.report?.environment) ?? 0) + depth,
          overlaps: overlaps.has(bar.evidence),
        })),
      };
    }),
  };
}

interface Placed extends Omit<Bar, "row" | "overlaps"> {
  /** Which row of its lane. */
  depth: number;
}

/** When a row is free again: by the clock of its process, and for those who look at the picture. */
interface Row {
  leftAt: number;
  until: number;
}

/**
 * Gives each request the first row of its environment that is free when it enters, by the process's
 * own clock: a second row is proof of sharing. Answers may arrive late, and in another order; a bar
 * begins where the one before it in its row ends at the earliest.
 */
function stack(requests: readonly Evidence[]): {
  bars: Placed[];
  depths: Map<string | undefined, number>;
} {
  const processes = new Map<string | undefined, Row[]>();
  const depths = new Map<string | undefined, number>();
  const stays = requests.flatMap((evidence) => stayOf(evidence) ?? []);
  const bars = stays
    .sort((a, b) => enteredAt(a) - enteredAt(b))
    .map((stay): Placed => {
      const { evidence, sent } = stay;
      const { report } = evidence;
      const rows = processes.get(report?.process) ?? [];
      processes.set(report?.process, rows);
      const free = rows.findIndex(({ leftAt }) => leftAt <= enteredAt(stay));
      const depth = free < 0 ? rows.length : free;
      const earliest = rows[depth]?.until ?? sent;
      const begin = Math.max(stay.from, earliest);
      const until = Math.max(stay.until, begin);
      rows[depth] = { leftAt: report?.leftAt ?? stay.until, until };
      depths.set(report?.environment, Math.max(rows.length, depths.get(report?.environment) ?? 0));
      const from = Math.max(sent, earliest);
      return { evidence, from, until, insideFrom: report && begin, depth };
    });
  return { bars, depths };
}

/** By the process's own clock; of a request without a report, when it was sent. */
function enteredAt({ evidence, from }: Stay): number {
  return evidence.report?.enteredAt ?? from;
}
