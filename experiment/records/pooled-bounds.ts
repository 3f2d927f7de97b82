/** Evidence of several experiments, added up where it is comparable. */

import type { TargetDescription } from "../core/target.ts";
import { upperBound } from "../core/trials.ts";
import type { RecordSummary } from "./history.ts";

/**
 * The bounds over all experiments of one deployment: their trials added up. There is none for a
 * target whose deployment is unknown, nor where any experiment saw sharing: evidence against cannot
 * be added to evidence for.
 *
 * @returns per key of {@link deploymentOf} a probability from 0 to 1
 */
export function pooledBounds(records: readonly RecordSummary[]): Map<string, number> {
  const pooled = new Map<string, number>();
  for (const [key, group] of Map.groupBy(records, ({ run }) => deploymentOf(run.target))) {
    const verdicts = group.map(({ verdict }) => verdict).filter((verdict) => verdict !== undefined);
    if (key === undefined || verdicts.some(({ verdict }) => verdict === "shared")) continue;
    const isolated = verdicts.filter(({ verdict }) => verdict === "isolated");
    if (isolated.length === 0) continue;
    pooled.set(key, upperBound(isolated.reduce((sum, { trials }) => sum + trials, 0)));
  }
  return pooled;
}

/** What makes evidence comparable: code, model and region; `undefined` where the code is unknown. */
export function deploymentOf(target: TargetDescription): string | undefined {
  const { kind, deployment, model, region } = target;
  return deployment && JSON.stringify([kind, deployment, model, region]);
}
