/** What the recorded experiments of one deployment say together. */

import type { CrossCheckLine, RunLine, VerdictLine } from "../core/record-lines.ts";
import { type TargetDescription, targetIdentity } from "../core/target.ts";
import { upperBound } from "../core/verdict/conclude.ts";
import { isContradicted } from "../core/verdict/log-comparison.ts";

/** What one record says of a deployment. */
export interface RecordedVerdict {
  /** The first run's line; that of a control only where nothing else was fired. */
  run: RunLine;
  /** Over the whole experiment; absent when the runner did not live to conclude. */
  verdict?: VerdictLine | undefined;
  /** What the service's own log said afterwards, where it was asked. */
  crossCheck?: CrossCheckLine | undefined;
}

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
export function pooledEvidence(records: readonly RecordedVerdict[]): Map<string, PooledEvidence> {
  const pooled = new Map<string, PooledEvidence>();
  for (const copies of Map.groupBy(records, ({ run }) => run.experiment).values()) {
    // What the log contradicts is no evidence, nor is a copy of it that does not say so.
    if (copies.some(({ crossCheck }) => crossCheck && isContradicted(crossCheck))) continue;
    // A copy of a record is no further evidence, nor is a part of what another one has whole.
    const { run, verdict } = mostTelling(copies);
    const key = deploymentOf(run.target);
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

/** Of several records of one experiment the one that saw sharing, or else the one with the most requests. */
function mostTelling<T extends Pick<RecordedVerdict, "verdict">>(records: readonly T[]): T {
  const weight = ({ verdict }: T) => {
    if (verdict?.verdict === "shared") return Number.POSITIVE_INFINITY;
    return Object.values(verdict?.outcomes ?? {}).reduce((sum, count) => sum + count, 0);
  };
  return records.reduce((best, record) => (weight(record) > weight(best) ? record : best));
}

/** What makes evidence comparable: code, model and region; `undefined` where the code is unknown. */
export function deploymentOf(target: TargetDescription): string | undefined {
  return target.deployment && targetIdentity(target);
}
