/** One experiment: every stage of a plan fired at a target, and what follows from it. */

import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { unlessAborted } from "./abort.ts";
import { concludeExperiment, concludeRun } from "./conclude.ts";
import { ExperimentError } from "./errors.ts";
import { type Evidence, evidenceOf, type RunEvidence } from "./evidence.ts";
import { fire } from "./fire.ts";
import { burstOf, type Plan, type Stage } from "./plan.ts";
import { type RecordLine, type RunLine, SCHEMA_VERSION, type VerdictLine } from "./record-lines.ts";
import type { SignRequest } from "./requests.ts";
import type { Target } from "./target.ts";

/** What the runner is doing, for those who watch. */
export type Phase =
  | { name: "pausing"; index: number; ms: number }
  | { name: "arming"; index: number }
  | { name: "firing"; index: number };

export interface ExperimentOptions {
  plan: Plan;
  target: Target;
  /** Names and versions of what took part, as recorded. */
  versions: Record<string, string>;
  /** Stops the experiment; what was observed until then is concluded. */
  signal: AbortSignal;
  /** Called with every line of the record in the tick in which it is known. */
  onLine: (line: RecordLine) => void;
  onPhase?: (phase: Phase) => void;
}

/**
 * Runs the stages one after the other and concludes over each and over all.
 *
 * @returns the verdict over the whole experiment, the last line of the record
 * @throws ExperimentError when the plan cannot work at the target, or arming fails; the runs that
 *   were fired before are concluded all the same
 */
export async function runExperiment(options: ExperimentOptions): Promise<VerdictLine> {
  const { plan, target, signal, onLine } = options;
  if (!signal.aborted) await ensurePossible(plan, target);
  const experiment = randomUUID();
  const runs: RunEvidence[] = [];
  let failure: unknown;
  try {
    for (const [index, stage] of plan.stages.entries()) {
      if (signal.aborted) break;
      runs.push(await runStage(options, experiment, index, stage));
    }
  } catch (error) {
    if (!signal.aborted) failure = error;
  }
  const conclusion = concludeExperiment(runs);
  const verdict: VerdictLine = { type: "verdict", experiment, run: null, ...conclusion };
  if (runs.length > 0) onLine(verdict);
  if (failure !== undefined) throw failure;
  return verdict;
}

/** @throws ExperimentError when the plan cannot work at the target */
export async function ensurePossible(plan: Plan, target: Target): Promise<void> {
  const [obstacle] = await target.obstacles(plan);
  if (obstacle === undefined) return;
  throw new ExperimentError(`This plan cannot work here. ${obstacle}`, "Change the plan.");
}

async function runStage(
  { plan, target, versions, signal, onLine, onPhase }: ExperimentOptions,
  experiment: string,
  index: number,
  stage: Stage,
): Promise<RunEvidence> {
  const run = `${experiment}/${index + 1}`;
  const requests: Evidence[] = [];
  const evidence = { concurrency: burstOf(stage), holdMs: plan.holdMs, requests };
  if (stage.pauseMs > 0) {
    onPhase?.({ name: "pausing", index, ms: stage.pauseMs });
    await wait(stage.pauseMs, undefined, { signal });
  }
  onPhase?.({ name: "arming", index });
  const timeoutMs = plan.holdMs + target.coldStartAllowanceMs(stage);
  const sign = await unlessAborted(signerOf(target, plan, stage, timeoutMs), signal);
  await fire({
    url: target.url,
    plan,
    stage,
    run,
    timeoutMs,
    sign,
    signal,
    onShot: () => {
      onLine(runLine(experiment, run, index, plan, target, versions));
      onPhase?.({ name: "firing", index });
    },
    onObservation: (observation) => {
      onLine(observation);
      requests.push(evidenceOf(observation));
    },
  });
  onLine({ type: "verdict", experiment, run, ...concludeRun(evidence) });
  return evidence;
}

async function signerOf(
  target: Target,
  plan: Plan,
  stage: Stage,
  timeoutMs: number,
): Promise<SignRequest | undefined> {
  const rounds = Math.ceil(stage.requests / stage.concurrency);
  return target.openSigner?.(rounds * plan.holdMs + timeoutMs);
}

function runLine(
  experiment: string,
  run: string,
  index: number,
  plan: Plan,
  target: Target,
  versions: Record<string, string>,
): RunLine {
  return {
    type: "run",
    schema: SCHEMA_VERSION,
    experiment,
    run,
    index,
    role: "experiment",
    plan,
    target: target.description,
    startedAt: new Date().toISOString(),
    versions,
  };
}
