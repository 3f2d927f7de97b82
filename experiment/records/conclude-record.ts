/** What follows from the observations of a record, whatever it says of itself. */

import { burstOf } from "../core/plan/plan.ts";
import type { Conclusion, Role, RunLine } from "../core/record-lines.ts";
import { concludeExperiment, withControl } from "../core/verdict/conclude.ts";
import { evidenceOf, type RunEvidence } from "../core/verdict/evidence.ts";
import { EvidenceTable } from "../core/verdict/evidence-table.ts";
import { readRecord } from "./read-record.ts";

/** One run as it was read: its line, and what counts of its observations. */
export interface ReadRun {
  line: RunLine;
  table: EvidenceTable;
}

/** The evidence of a run, as a conclusion needs it. */
export function evidenceOfRun({ line, table }: ReadRun): RunEvidence {
  const stage = line.plan.stages[line.index];
  const requests = table.rows();
  return {
    concurrency: stage ? burstOf(stage) : requests.length,
    holdMs: line.plan.holdMs,
    requests,
  };
}

/**
 * Whether runs were fired at one and the same: what they show together is of no other. The code is
 * what matters, and where that is unknown, the URL.
 */
export function areOfOneTarget(runs: readonly RunLine[]): boolean {
  const targets = runs.map(({ target: { kind, deployment, url, model, region } }) =>
    JSON.stringify([kind, deployment ?? url, model, region]),
  );
  return new Set(targets).size <= 1;
}

/**
 * Reads a whole record, and concludes over its experiment anew.
 *
 * @returns `undefined` when it is of no experiment, of more than one, or of more than one deployment
 * @throws ExperimentError when it cannot be read
 */
export async function concludeRecord(path: string): Promise<Conclusion | undefined> {
  const runs = new Map<string, ReadRun>();
  let experiment: string | undefined;
  for await (const line of readRecord(path)) {
    if (line.type === "run") {
      experiment ??= line.experiment;
      if (line.experiment !== experiment) return undefined;
      if (!runs.has(line.run)) runs.set(line.run, { line, table: new EvidenceTable(line.run) });
    } else if (line.type === "observation") {
      const run = runs.get(line.run);
      if (!run) return undefined;
      run.table.add(evidenceOf(line));
    }
  }
  const of = (role: Role) => [...runs.values()].filter(({ line }) => line.role === role);
  if (!areOfOneTarget(of("experiment").map(({ line }) => line))) return undefined;
  const concluded = (role: Role): Conclusion | undefined => {
    const its = of(role);
    return its.length === 0 ? undefined : concludeExperiment(its.map(evidenceOfRun));
  };
  const conclusion = concluded("experiment");
  return conclusion && withControl(conclusion, concluded("control"));
}
