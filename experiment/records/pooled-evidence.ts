/** Evidence of several experiments, added up where it is comparable. */

import { resolve } from "node:path";
import type { TargetDescription } from "../core/target.ts";
import { upperBound } from "../core/trials.ts";
import { listRecords, type RecordSummary, summarizeRecord } from "./history.ts";

/** What all recorded experiments of one deployment say together. */
export interface PooledEvidence {
  /** How many came to each verdict that says something. */
  isolated: number;
  shared: number;
  /** Of those that saw no sharing. */
  trials: number;
  /**
   * The 95 % upper bound on the probability of sharing; absent where any experiment saw sharing:
   * evidence against cannot be added to evidence for.
   */
  bound?: number | undefined;
}

/**
 * Adds up the experiments of each deployment. Left out are those of a target whose deployment is
 * unknown, those that came to nothing, and those whose answers the service's log contradicted.
 *
 * @returns by the key of {@link deploymentOf}
 */
export function pooledEvidence(records: readonly RecordSummary[]): Map<string, PooledEvidence> {
  const pooled = new Map<string, PooledEvidence>();
  const seen = new Set<string>();
  for (const { run, verdict, crossCheck } of records) {
    const key = deploymentOf(run.target);
    // A copy of a record is no further evidence, and what the log contradicts is none.
    if (seen.has(run.experiment) || crossCheck?.agreement === false) continue;
    seen.add(run.experiment);
    if (key === undefined || !verdict || verdict.verdict === "inconclusive") continue;
    const { isolated, shared, trials } = pooled.get(key) ?? { isolated: 0, shared: 0, trials: 0 };
    const isIsolated = verdict.verdict === "isolated";
    const sum = {
      isolated: isolated + (isIsolated ? 1 : 0),
      shared: shared + (isIsolated ? 0 : 1),
      trials: trials + (isIsolated ? verdict.trials : 0),
    };
    pooled.set(key, { ...sum, ...(sum.shared === 0 && { bound: upperBound(sum.trials) }) });
  }
  return pooled;
}

/**
 * What all recorded experiments of the same deployment say, with this one.
 *
 * @param path of a record; it may lie elsewhere than the others
 */
export async function pooledWith(path: string): Promise<PooledEvidence | undefined> {
  const summary = await summarizeRecord(path);
  const key = summary && deploymentOf(summary.run.target);
  if (!summary || key === undefined) return undefined;
  const others = (await listRecords()).filter((other) => resolve(other.path) !== resolve(path));
  return pooledEvidence([summary, ...others]).get(key);
}

/** What makes evidence comparable: code, model and region; `undefined` where the code is unknown. */
export function deploymentOf(target: TargetDescription): string | undefined {
  const { kind, deployment, model, region } = target;
  return deployment && JSON.stringify([kind, deployment, model, region]);
}
