/** What the screen shows, as data. */

import { createHistogram, type Histogram, type RecordableHistogram } from "node:perf_hooks";
import type { Plan } from "../experiment/core/plan/plan.ts";
import type { PlanInput } from "../experiment/core/plan/plan-input.ts";
import type { Observation, RunLine, VerdictLine } from "../experiment/core/record-lines.ts";
import type { Cost, HourlyCost } from "../experiment/core/target.ts";
import type { Phase } from "../experiment/experiment.ts";
import type { Labels } from "../experiment/records/environment-labels.ts";
import type { EnvironmentState, RunState } from "../experiment/records/fold.ts";
import type { ErrorWords } from "../experiment/reports/error-words.ts";
import type { TargetChoice } from "../experiment/targets/open-target.ts";

export type { EnvironmentState, Invocation } from "../experiment/records/fold.ts";

/** The most microseconds that the histogram takes. */
const LONGEST_US = Number.MAX_SAFE_INTEGER;

/** A run, and what the screen knows of it beside what its lines say. */
export class RunOnScreen {
  /** What its lines say, as far as they have come. */
  readonly folded: RunState;
  /** Whether requests leave now; those of a record have left long ago. */
  readonly isLive: boolean;
  /** The runner's clock at the shot, as `performance.now()` has it. */
  readonly shotAt = performance.now();
  readonly #inFlight = new Map<number, number>();
  readonly #latencies: RecordableHistogram = createHistogram();
  #isOver = false;

  constructor(folded: RunState, isLive: boolean) {
    this.folded = folded;
    this.isLive = isLive;
    const burst = isLive ? folded.concurrency : 0;
    for (let request = 0; request < burst; request++) this.#inFlight.set(request, 0);
  }

  /** Sees a request end that the run has counted. */
  see({ index, outcome, sentAt = 0, answeredAt = 0 }: Observation): void {
    const { ended, concurrency, stage } = this.folded;
    // A slot is free: the next request has left.
    const next = ended - 1 + concurrency;
    if (this.isLive && next < stage.requests) this.#inFlight.set(next, answeredAt);
    this.#inFlight.delete(index);
    if (outcome !== "ok") return;
    const latency = Math.round(1_000 * (answeredAt - sentAt));
    this.#latencies.record(Math.min(LONGEST_US, Math.max(1, latency)));
  }

  /** No more answers will come. */
  end(): void {
    this.#isOver = true;
    this.#inFlight.clear();
  }

  /** Requests that have left and are not answered yet: their numbers, and when they left. */
  get inFlight(): ReadonlyMap<number, number> {
    return this.#inFlight;
  }

  /** Microseconds from sending to answer of the `ok` ones. */
  get latencies(): Histogram {
    return this.#latencies;
  }

  /** Such as `run 1 of 2`. */
  get name(): string {
    const { index, plan } = this.folded.line;
    return `run ${index + 1} of ${plan.stages.length}`;
  }

  get answered(): number {
    const { ended, groups } = this.folded;
    const aborted = groups.filter(({ outcome }) => outcome === "aborted");
    return aborted.reduce((left, { count }) => left - count, ended);
  }

  /** From the shot to the last answer, once the run has ended. */
  get wallMs(): number | undefined {
    return this.#isOver ? this.folded.lastAnsweredAt : undefined;
  }
}

export interface TargetState {
  choice: TargetChoice;
  /** Such as `local · on-demand`. */
  title: string;
  /** What a verdict reached there is worth. */
  proves: string;
  /** What is billed there by the hour, once the target is open. */
  hourly?: HourlyCost | undefined;
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
  run?: RunOnScreen | undefined;
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
  /** The most requests that one process had inside at once, in an experiment of a comparison. */
  mostAtOnce?: number | undefined;
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
  /** One for each model, where the plan is fired at several, one after the other. */
  models: readonly Snapshot[];
  /** What the plan will meet at the target, such as throttling. */
  cautions: readonly string[];
}

/** Whether something is under way: an experiment, a cold start, or the reading of a record. */
export function isBusy({ activity }: Pick<Snapshot, "activity">): boolean {
  return activity !== "idle" && activity !== "finished";
}
