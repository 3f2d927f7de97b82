/** What the screen shows, as data. */

import type { RecordableHistogram } from "node:perf_hooks";
import type { Phase } from "../experiment/core/experiment.ts";
import type { Plan } from "../experiment/core/plan/plan.ts";
import type { PlanInput } from "../experiment/core/plan/plan-input.ts";
import type {
  Observation,
  Outcome,
  Role,
  RunLine,
  VerdictLine,
} from "../experiment/core/record-lines.ts";
import type { Cost } from "../experiment/core/target.ts";
import type { Labels } from "../experiment/reports/environment-labels.ts";
import type { ErrorWords } from "../experiment/reports/error-words.ts";
import type { TargetChoice } from "../experiment/targets/target-choice.ts";
import type { Answer } from "../handler/contract.ts";

/** An answer that names its environment, as the screen keeps it. */
export interface Invocation {
  experiment: string;
  /** The run's id, and which run of its experiment it was, from 0. */
  run: string;
  runIndex: number;
  index: number;
  client: string;
  /** Milliseconds from the run's shot. */
  sentAt: number;
  answeredAt: number;
  response: Answer;
}

export interface EnvironmentState {
  id: string;
  /** From 1, in order of first use. */
  position: number;
  /** The latest invocations over all runs, oldest first. */
  invocations: readonly Invocation[];
  /** How many older ones are not kept here; they are on their record. */
  earlier: number;
}

/** Requests without an environment that ended alike. */
export interface Unplaced {
  outcome: Outcome;
  message: string;
  count: number;
}

/** One run, as far as it is. */
export interface RunState {
  experiment: string;
  plan: Plan;
  role: Role;
  /** The run's id, and which of the plan's it is, from 0. */
  id: string;
  index: number;
  requests: number;
  /** How many of them leave at the same instant. */
  burst: number;
  /** The runner's clock at the shot, as `performance.now()` has it. */
  shotAt: number;
  answered: number;
  /** Answers that said of themselves to be the first of their instance, or not. */
  cold: number;
  warm: number;
  /** Requests that have left and are not answered yet: their numbers, and when they left. */
  inFlight: ReadonlyMap<number, number>;
  /** The first requests that ended without an answer that names its environment. */
  unplaced: readonly Observation[];
  /** All of those, by how they ended. */
  groups: readonly Unplaced[];
  /** Microseconds from sending to answer of the `ok` ones. */
  latencies: RecordableHistogram;
  /** When the last answer arrived, in milliseconds from the shot. */
  lastAnsweredAt: number;
  /** Whether requests leave now; those of a record have left long ago. */
  isLive: boolean;
  /** From the shot to the last answer, once the run has ended. */
  wallMs?: number;
}

export interface TargetState {
  choice: TargetChoice;
  /** Such as `local · on-demand`. */
  title: string;
  /** What a verdict reached there is worth. */
  proves: string;
}

/** What the session is doing: the phase of an experiment, and what is before, between and after. */
type Activity =
  | Phase["name"]
  | "idle"
  | "opening"
  | "recycling"
  | "reading"
  | "checking"
  | "stopping"
  | "finished";

export interface Snapshot {
  activity: Activity;
  plan: Plan;
  /** The plan as it was typed. */
  input: PlanInput;
  target: TargetState;
  /** The recorded experiment that is shown instead of one of this session. */
  recorded?: RunLine | undefined;
  run?: RunState | undefined;
  environments: readonly EnvironmentState[];
  labels: Labels;
  /** The number of each client that was ever shown, for its colour. */
  clients: ReadonlyMap<string, number>;
  /** The clock when the snapshot was made, as `performance.now()` has it. */
  now: number;
  /** When the pause before the next run is over, by the same clock. */
  pausedUntil?: number | undefined;
  /** Of the run or experiment that was concluded last. */
  verdict?: VerdictLine | undefined;
  /** Whether the verdict is of an experiment before the one under way. */
  isVerdictOld: boolean;
  /** What all recorded experiments of the deployment say together, in words. */
  pooled?: string | undefined;
  /** Where the experiment was recorded. */
  record?: string | undefined;
  /** What comes as soon as the target is known. */
  awaited?: string | undefined;
  /** What was done last, for those who pressed a key. */
  notice?: string | undefined;
  /** What went wrong and what to do. */
  failure?: ErrorWords | undefined;
  /** Why the plan cannot work at the target. */
  obstacle?: string | undefined;
  /** What firing the plan costs, where it is billed. */
  cost?: Cost | undefined;
  /** What must be answered before the plan is fired. */
  question?: string | undefined;
  /** What the plan will meet at the target, such as throttling. */
  cautions: readonly string[];
}

/** Whether something is under way: an experiment, a cold start, or the reading of a record. */
export function isBusy({ activity }: Pick<Snapshot, "activity">): boolean {
  return activity !== "idle" && activity !== "finished";
}
