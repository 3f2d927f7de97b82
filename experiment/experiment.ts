/**
 * One experiment, from the plan to its record: what speaks against it, the control first, each stage
 * armed and fired, each line recorded before anybody sees it, and at last what follows from all.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { isStop, unlessAborted } from "./core/abort.ts";
import { fire } from "./core/firing/fire.ts";
import {
  armingMs,
  type Part,
  type Plan,
  partName,
  partNames,
  type Stage,
  stageDurationMs,
  startOffsets,
} from "./core/plan/plan.ts";
import type { RecordLine, Role, RunLine, VerdictLine } from "./core/record-lines.ts";
import {
  ensurePossible,
  type Preflight,
  preflight,
  type SignRequest,
  type Target,
} from "./core/target.ts";
import { hadChance } from "./core/verdict/conclude.ts";
import { Fold } from "./records/fold.ts";
import { RecordFile } from "./records/record-file.ts";
import { openTarget, type TargetChoice } from "./targets/open-target.ts";
import { VERSION } from "./version.ts";

/** What the runner is doing, for those who watch, and for which run. */
export type Phase = Pick<RunLine, "role" | "index" | "plan" | "target"> &
  ({ name: "waiting" } | { name: "pausing"; ms: number } | { name: "arming" } | { name: "firing" });

/** What several runners have agreed on, to fire one experiment together, and which part is this one's. */
export interface Appointment {
  /** The experiment's id. */
  experiment: string;
  /** When the first run is fired, by each runner's clock, in epoch milliseconds. */
  startAt: number;
  part: Part;
}

export interface ExperimentOptions {
  /** Of all runners together, where there are several. */
  plan: Plan;
  /** Where several runners fire it together. Without it, this one fires it all. */
  appointment?: Appointment | undefined;
  target: Target;
  /** What the target said of the plan, where it was asked before. */
  found?: Preflight | undefined;
  /** Whether the plan is fired at the control first. */
  withControl?: boolean;
  /** Stops the experiment; what was observed until then is concluded. */
  signal: AbortSignal;
  /** Where to record; by default in the platform's data folder. */
  out?: string | undefined;
  /** The state that grows by the lines, for those who watch it. */
  fold?: Fold;
  /** Called with every line in the tick in which it is known: it is recorded, and in the fold. */
  onLine?: (line: RecordLine) => void;
  onPhase?: (phase: Phase) => void;
  /** Called where a target answered late, with how long it was waited for in milliseconds. */
  onAnswering?: (waitedMs: number) => void;
  /** Called with the record's path once there is something on it. */
  onRecord?: (path: string) => void;
}

export interface Fired {
  /** Over the whole experiment: the last line of the record. */
  verdict: VerdictLine;
  /** The record's path; absent when nothing was fired. */
  record?: string | undefined;
}

/**
 * The positive control, where the target has none of its own: the same handler behind one HTTP server in
 * one process. It shows that the analysis and the way to a local process are sound, and nothing of AWS.
 */
const LOCAL_CONTROL: TargetChoice = { kind: "local", model: "web-function" };
const VERSIONS = { "lambda-concurrency-test": VERSION, node: process.version };

/**
 * Fires the stages of a plan one after the other, at the control if one is asked for and then at the
 * target, and concludes over each run and over all.
 *
 * @throws ExperimentError when the record cannot be written or kept, the plan cannot work at the
 *   target, or arming fails; the runs that were fired before are concluded all the same
 */
export async function runExperiment(options: ExperimentOptions): Promise<Fired> {
  const { plan, target, signal, fold = new Fold(), onLine, onRecord } = options;
  const record = new RecordFile(options.out);
  const tell = (line: RecordLine) => {
    const isFirst = record.isEmpty;
    record.append(line);
    fold.take(line);
    if (isFirst) onRecord?.(record.path);
    onLine?.(line);
  };
  fold.startRecord();
  const experiment = options.appointment?.experiment ?? randomUUID();
  const firing = { ...options, fold, tell, experiment };
  let control: Target | undefined;
  try {
    if (options.withControl) {
      control = await (target.openControl?.(signal) ?? openTarget(LOCAL_CONTROL, signal));
    }
    if (!signal.aborted) {
      ensurePossible(options.found ?? (await preflight(plan, target, options.appointment?.part)));
      if (control) ensurePossible(await preflight(plan, control), "control impossible");
    }
    if (control) await fireControl(firing, control);
    const verdict = await conclude(firing, "experiment", () =>
      fireRuns({ ...firing, role: "experiment", target }),
    );
    return { verdict, ...(!record.isEmpty && { record: record.path }) };
  } finally {
    try {
      record.close();
    } finally {
      await control?.close();
    }
  }
}

/** One experiment, with its control. */
interface Experiment extends ExperimentOptions {
  /** Its id. */
  experiment: string;
  fold: Fold;
  /** Records a line, and hands it on. */
  tell: (line: RecordLine) => void;
}

/** All runs of a plan at one target. */
interface RunsAtTarget extends Experiment {
  role: Role;
}

/**
 * Fires the plan at what must show sharing. Where that is the target's own and its service gave the
 * requests no chance to meet, the control on this machine vouches in its place.
 */
async function fireControl(firing: Experiment, control: Target): Promise<void> {
  const { plan, fold, signal, target } = firing;
  // A control has nothing to wait for: what it must show does not depend on a pause.
  const stages = plan.stages.map((stage) => ({ ...stage, pauseMs: 0 }));
  const fireAt = (at: Target, fired: Stage[]) =>
    fireRuns({ ...firing, role: "control", plan: { ...plan, stages: fired }, target: at });
  await conclude(firing, "control", async () => {
    if (!target.openControl) return fireAt(control, stages);
    // A web function begins with few requests at once: a round of its own makes it warm.
    await fireAt(control, [...stages.slice(0, 1), ...stages]);
    const { runs, conclusion } = fold.control;
    if (signal.aborted || conclusion.verdict === "shared" || hadChance(runs)) return;
    const local = await unlessAborted(openTarget(LOCAL_CONTROL, signal), signal);
    if (!local) return;
    try {
      ensurePossible(await preflight(plan, local), "control impossible");
      await fireAt(local, stages);
    } finally {
      await local.close();
    }
  });
}

/**
 * Concludes over what is fired, also where that is broken off.
 *
 * @param fireAll fires all runs of the role
 * @returns the verdict over all of them
 */
async function conclude(
  { fold, tell, experiment }: Experiment,
  role: Role,
  fireAll: () => Promise<void>,
): Promise<VerdictLine> {
  let failure: unknown;
  await fireAll().catch((error: unknown) => {
    failure = error;
  });
  const { runs, conclusion } = fold[role];
  const verdict: VerdictLine = {
    type: "verdict",
    experiment,
    run: null,
    ...(role === "control" && { role }),
    ...conclusion,
  };
  if (runs.length > 0) tell(verdict);
  if (failure !== undefined) throw failure;
  return verdict;
}

/** Fires the stages of a plan one after the other, until it is stopped. */
async function fireRuns(firing: RunsAtTarget): Promise<void> {
  const { plan, target, signal } = firing;
  try {
    if (!signal.aborted) await awaitTarget(firing);
    for (const [index, stage] of plan.stages.entries()) {
      if (signal.aborted) return;
      await fireRun(firing, index, stage);
    }
  } catch (error) {
    // If the target itself has ended, that is the reason, and not the connection that it broke.
    if (!isStop(error, signal)) throw (await target.explainEnd?.()) ?? error;
  }
}

/** Waits for a target that may still be starting, so that the first run meets one that serves. */
async function awaitTarget(firing: RunsAtTarget): Promise<void> {
  const { target, role, plan, signal, onPhase, onAnswering } = firing;
  if (!target.untilAnswering) return;
  onPhase?.({ name: "waiting", role, index: 0, plan, target: target.description });
  const waitedMs = await target.untilAnswering(signal);
  if (waitedMs > 0) onAnswering?.(waitedMs);
}

async function fireRun(firing: RunsAtTarget, index: number, stage: Stage): Promise<void> {
  const { plan, target, signal, experiment, role, fold, tell, appointment, onPhase } = firing;
  const number = fold[role].runs.length + 1;
  const run = `${experiment}/${role === "control" ? "control-" : ""}${number}`;
  const which = { role, index, plan, target: target.description };
  const at = appointment && shotAt(appointment, plan, index);
  const pauseMs =
    appointment && at !== undefined
      ? at - armingMs(stage, appointment.part.of) - Date.now()
      : stage.pauseMs;
  if (pauseMs > 0) {
    onPhase?.({ ...which, name: "pausing", ms: pauseMs });
    await wait(pauseMs, undefined, { signal });
  }
  onPhase?.({ ...which, name: "arming" });
  const timeoutMs = plan.holdMs + target.coldStartAllowanceMs(stage);
  const sign = await unlessAborted(signerOf(target, plan, stage, timeoutMs), signal);
  await fire({
    url: target.url,
    plan,
    stage,
    part: appointment?.part,
    at,
    run,
    timeoutMs,
    sign,
    signal,
    onShot: () => {
      tell(runLine(firing, run, index));
      onPhase?.({ ...which, name: "firing" });
    },
    onObservation: tell,
  });
  tell({ type: "verdict", experiment, run, ...fold.runOf({ run }).conclusion });
}

/** When all runners fire a run, in epoch milliseconds. */
function shotAt({ startAt, part }: Appointment, plan: Plan, index: number): number {
  const offset = startOffsets(plan, part.of)[index];
  assert(offset !== undefined, "A run is one of its plan's.");
  return startAt + offset;
}

function runLine(firing: RunsAtTarget, run: string, index: number): RunLine {
  const { experiment, role, plan, target, appointment } = firing;
  return {
    type: "run",
    // One that names no runner is read right by readers of the first version.
    schema: appointment ? 2 : 1,
    experiment,
    run,
    index,
    role,
    plan,
    target: target.description,
    startedAt: new Date().toISOString(),
    ...(appointment && {
      runners: partNames(appointment.part),
      runner: partName(appointment.part),
      startAt: new Date(shotAt(appointment, plan, index)).toISOString(),
    }),
    versions: VERSIONS,
  };
}

async function signerOf(
  target: Target,
  plan: Plan,
  stage: Stage,
  timeoutMs: number,
): Promise<SignRequest | undefined> {
  return target.openSigner?.(stageDurationMs(stage, plan.holdMs) + timeoutMs);
}
