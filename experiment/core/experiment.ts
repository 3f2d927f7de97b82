/** One experiment: every stage of a plan fired at a target, and what follows from it. */

import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { unlessAborted } from "./abort.ts";
import { ExperimentError } from "./errors.ts";
import { fire } from "./firing/fire.ts";
import { burstOf, type Plan, type Stage } from "./plan/plan.ts";
import {
  type Conclusion,
  type RecordLine,
  type Role,
  type RunLine,
  SCHEMA_VERSION,
  type VerdictLine,
} from "./record-lines.ts";
import type { SignRequest, Target } from "./target.ts";
import { concludeExperiment, concludeRun, withControl } from "./verdict/conclude.ts";
import { type Evidence, evidenceOf, type RunEvidence } from "./verdict/evidence.ts";

/** What the runner is doing, for those who watch; `index` is the run's in its plan, from 0. */
export type Phase = { role: Role; index: number } & (
  | { name: "pausing"; ms: number }
  | { name: "arming" }
  | { name: "firing" }
);

export interface ExperimentOptions {
  plan: Plan;
  target: Target;
  /** Fired at first, with the same plan; its requests must share one process. */
  control?: Target | undefined;
  /** Names and versions of what took part, as recorded. */
  versions: Record<string, string>;
  /** Stops the experiment; what was observed until then is concluded. */
  signal: AbortSignal;
  /** Called with every line of the record in the tick in which it is known. */
  onLine: (line: RecordLine) => void;
  onPhase?: (phase: Phase) => void;
}

/**
 * Runs the stages one after the other, at the control if there is one and then at the target, and
 * concludes over each run and over all.
 *
 * @returns the verdict over the whole experiment, the last line of the record
 * @throws ExperimentError when the plan cannot work at the target, or arming fails; the runs that
 *   were fired before are concluded all the same
 */
export async function runExperiment(options: ExperimentOptions): Promise<VerdictLine> {
  const { plan, target, control, signal } = options;
  if (!signal.aborted) {
    await ensurePossible(plan, target);
    if (control) await ensurePossible(plan, control, "control impossible");
  }
  const experiment = randomUUID();
  // A control has nothing to wait for: what it must show does not depend on a pause.
  const stages = plan.stages.map((stage) => ({ ...stage, pauseMs: 0 }));
  const unpaused = { ...options, plan: { ...plan, stages } };
  const seen = control && (await new Series(unpaused, experiment, "control", control).run());
  return new Series(options, experiment, "experiment", target).run(seen);
}

/**
 * @param kind of the error, where the plan is not the experiment's own
 * @throws ExperimentError when the plan cannot work at the target
 */
export async function ensurePossible(
  plan: Plan,
  target: Target,
  kind: "plan impossible" | "control impossible" = "plan impossible",
): Promise<void> {
  const [obstacle] = await target.obstacles(plan);
  if (obstacle !== undefined) throw new ExperimentError(kind, { obstacle });
}

/** All runs of a plan at one target. */
class Series {
  readonly #options: ExperimentOptions;
  readonly #experiment: string;
  readonly #role: Role;
  readonly #target: Target;

  constructor(options: ExperimentOptions, experiment: string, role: Role, target: Target) {
    this.#options = options;
    this.#experiment = experiment;
    this.#role = role;
    this.#target = target;
  }

  /** @param control what was concluded of it, where one was fired at before */
  async run(control?: Conclusion): Promise<VerdictLine> {
    const { plan, signal, onLine } = this.#options;
    const runs: RunEvidence[] = [];
    let failure: unknown;
    try {
      for (const [index, stage] of plan.stages.entries()) {
        if (signal.aborted) break;
        runs.push(await this.#fire(index, stage));
      }
    } catch (error) {
      // What has ended cannot be reached either, and the address was not the user's choice.
      if (!signal.aborted) failure = (await this.#target.explainEnd?.()) ?? error;
    }
    const verdict: VerdictLine = {
      type: "verdict",
      experiment: this.#experiment,
      run: null,
      ...(this.#role === "control" && { role: this.#role }),
      ...withControl(concludeExperiment(runs), control),
    };
    if (runs.length > 0) onLine(verdict);
    if (failure !== undefined) throw failure;
    return verdict;
  }

  async #fire(index: number, stage: Stage): Promise<RunEvidence> {
    const { plan, signal, onLine, onPhase } = this.#options;
    const [role, target] = [this.#role, this.#target];
    const run = `${this.#experiment}/${role === "control" ? "control-" : ""}${index + 1}`;
    const requests: Evidence[] = [];
    const evidence = { concurrency: burstOf(stage), holdMs: plan.holdMs, requests };
    if (stage.pauseMs > 0) {
      onPhase?.({ name: "pausing", role, index, ms: stage.pauseMs });
      await wait(stage.pauseMs, undefined, { signal });
    }
    onPhase?.({ name: "arming", role, index });
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
        onLine(this.#runLine(run, index));
        onPhase?.({ name: "firing", role, index });
      },
      onObservation: (observation) => {
        onLine(observation);
        requests.push(evidenceOf(observation));
      },
    });
    onLine({ type: "verdict", experiment: this.#experiment, run, ...concludeRun(evidence) });
    return evidence;
  }

  #runLine(run: string, index: number): RunLine {
    return {
      type: "run",
      schema: SCHEMA_VERSION,
      experiment: this.#experiment,
      run,
      index,
      role: this.#role,
      plan: this.#options.plan,
      target: this.#target.description,
      startedAt: new Date().toISOString(),
      versions: this.#options.versions,
    };
  }
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
