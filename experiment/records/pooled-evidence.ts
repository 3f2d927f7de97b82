/** Evidence of several experiments, added up where it is comparable. */

import { resolve } from "node:path";
import type { Conclusion, RunLine } from "../core/record-lines.ts";
import type { TargetDescription } from "../core/target.ts";
import { concludeExperiment, withControl } from "../core/verdict/conclude.ts";
import { upperBound } from "../core/verdict/trials.ts";
import { isContradicted } from "./contradicted.ts";
import { Fold } from "./fold.ts";
import { listRecords, type RecordSummary, summarizeRecord } from "./history.ts";
import { followRecord } from "./read-record.ts";

/** Bytes of records that are read whole for it: about a second's work, and far more than most have. */
const READ_WHOLE_BYTES = 100_000_000;

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
export function pooledEvidence(
  records: readonly Pick<RecordSummary, "run" | "verdict" | "crossCheck">[],
): Map<string, PooledEvidence> {
  const pooled = new Map<string, PooledEvidence>();
  const seen = new Set<string>();
  for (const { run, verdict, crossCheck } of records) {
    const key = deploymentOf(run.target);
    // A copy of a record is no further evidence, and what the log contradicts is none.
    if (seen.has(run.experiment) || (crossCheck && isContradicted(crossCheck))) continue;
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
  const same = [summary, ...others].filter(({ run }) => deploymentOf(run.target) === key);
  return pooledEvidence(await concludedAnew(same)).get(key);
}

/**
 * Concludes records from their observations instead of believing their verdict line, which somebody
 * may have edited. It costs reading them, so that of a large history the first ones are concluded
 * anew, and the others believed as far as their plans allow.
 *
 * @returns the same records; what is not what it says it is has no verdict
 */
export async function concludedAnew(records: readonly RecordSummary[]): Promise<RecordSummary[]> {
  const concluded: RecordSummary[] = [];
  let left = READ_WHOLE_BYTES;
  for (const record of records) {
    const { path, size, verdict } = record;
    if (!verdict) {
      concluded.push(record);
    } else if (size <= left) {
      left -= size;
      const conclusion = await concludeRecord(path).catch(() => undefined);
      const { type, experiment, run } = verdict;
      const anew = conclusion && { type, experiment, run, ...conclusion };
      concluded.push({ ...record, verdict: anew });
    } else {
      concluded.push({ ...record, verdict: isPossible(record) ? verdict : undefined });
    }
  }
  return concluded;
}

/**
 * Reads a whole record, and concludes over its experiment anew.
 *
 * @returns `undefined` when it is of no experiment, or of more than one deployment
 * @throws ExperimentError when it cannot be read, or is of more than one experiment
 */
async function concludeRecord(path: string): Promise<Conclusion | undefined> {
  const fold = new Fold();
  for await (const _ of followRecord(path, fold));
  const [{ runs }, control] = [fold.experiment, fold.control];
  if (runs.length === 0 || !areOfOneTarget(runs.map(({ line }) => line))) return undefined;
  const seen = control.runs.length > 0 ? concludeExperiment(control.runs) : undefined;
  return withControl(concludeExperiment(runs), seen);
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

/** Whether a plan has requests for as many trials as a verdict claims: of each run one has no choice. */
function isPossible({ run, verdict }: RecordSummary): boolean {
  const most = run.plan.stages.reduce((sum, { requests }) => sum + Math.max(0, requests - 1), 0);
  return verdict !== undefined && verdict.trials <= most;
}

/** What makes evidence comparable: code, model and region; `undefined` where the code is unknown. */
export function deploymentOf(target: TargetDescription): string | undefined {
  const { kind, deployment, model, region } = target;
  return deployment && JSON.stringify([kind, deployment, model, region]);
}
