/** The execution environments of a series, and what each of them served. */

import { type Identified, isIdentified } from "../core/verdict/evidence.ts";
import type { RunState } from "../records/fold.ts";

/** A moment of a run: milliseconds from its shot, by the clock of a runner. */
export interface Moment {
  /** The run's index. */
  run: number;
  atMs: number;
  /** Whose clock it is, where it is named. */
  runner?: string | undefined;
}

export interface EnvironmentRow {
  id: string;
  /** What the service calls its log stream, where it does. */
  logStream?: string | undefined;
  pids: readonly number[];
  instances: number;
  invocations: number;
  /** When the first of its requests was sent, and the last one answered. */
  first: Moment;
  last: Moment;
  coldStarts: number;
  /** Answers that carried another request's globals. */
  mixed: number;
}

interface Growing extends Omit<EnvironmentRow, "pids" | "instances"> {
  pids: Set<number>;
  instances: Set<string>;
}

/** The environments in order of first use; of several runners, each counts from its own shot. */
export function environmentRows(
  runs: readonly Pick<RunState, "line" | "requests">[],
): EnvironmentRow[] {
  const rows = new Map<string, Growing>();
  for (const { line, requests } of runs) {
    for (const evidence of requests) {
      if (!isIdentified(evidence)) continue;
      const { report } = evidence;
      const row = rows.get(report.environment) ?? started(report.environment, line.index);
      if (row.invocations === 0) rows.set(report.environment, row);
      row.logStream ??= report.logStream;
      row.pids.add(report.pid);
      row.instances.add(report.instance);
      row.invocations += 1;
      if (report.coldStart) row.coldStarts += 1;
      if (report.mixed) row.mixed += 1;
      widen(row, line.index, evidence);
    }
  }
  return [...rows.values()]
    .map(({ pids, instances, ...row }) => ({ ...row, pids: [...pids], instances: instances.size }))
    .sort((a, b) => a.first.run - b.first.run || a.first.atMs - b.first.atMs);
}

function started(id: string, run: number): Growing {
  return {
    id,
    pids: new Set(),
    instances: new Set(),
    invocations: 0,
    first: { run, atMs: Number.POSITIVE_INFINITY },
    last: { run, atMs: Number.NEGATIVE_INFINITY },
    coldStarts: 0,
    mixed: 0,
  };
}

function widen(row: Growing, run: number, { runner, sentAt, answeredAt }: Identified): void {
  const { first, last } = row;
  if (first.run === run && sentAt < first.atMs) row.first = { run, atMs: sentAt, runner };
  if (last.run !== run || answeredAt > last.atMs) row.last = { run, atMs: answeredAt, runner };
}
