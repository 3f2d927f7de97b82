/**
 * The state of the screen, outside React: the run feeds it in the tick in which something happens,
 * and the screen reads a snapshot that is renewed at most so many times a second.
 */

import type { Phase } from "../experiment/core/experiment.ts";
import { burstOf, type Plan } from "../experiment/core/plan.ts";
import type { Observation, RecordLine, VerdictLine } from "../experiment/core/record-lines.ts";
import { labelEnvironments } from "../experiment/reports/environment-labels.ts";

/** Fewer than the frames that Ink may draw, so that each snapshot gets a frame of its own. */
const SNAPSHOTS_PER_SECOND = 15;

/** Observations kept of one environment and run; older ones are on the record. */
const KEPT_OBSERVATIONS = 5;

export interface EnvironmentState {
  id: string;
  /** From 1, in order of first use. */
  position: number;
  /** Invocations over all runs. */
  invocations: number;
  /** The latest answers of the current run. */
  answers: readonly Observation[];
}

/** One run, as far as it is. */
export interface RunState {
  index: number;
  /** The runner's clock at the shot, as `performance.now()` has it. */
  shotAt: number;
  answered: number;
  /** Requests that have left and are not answered yet: their numbers, and when they left. */
  inFlight: ReadonlyMap<number, number>;
  /** Requests that ended without an answer that names its environment. */
  unplaced: readonly Observation[];
  /** From the shot to the last answer, once the run has ended. */
  wallMs?: number;
}

/** What the session is doing; the words of a phase, and those before, between and after. */
type Activity = Phase["name"] | "idle" | "stopping" | "finished" | "failed";

export interface Snapshot {
  activity: Activity;
  plan: Plan;
  target: {
    title: string;
    proves: string;
    /** Whether it can make its environments cold. */
    recycles: boolean;
  };
  run?: RunState | undefined;
  environments: readonly EnvironmentState[];
  labels: ReadonlyMap<string, string>;
  /** Over the whole experiment, once it has ended. */
  verdict?: VerdictLine | undefined;
  /** Where the experiment was recorded. */
  record?: string | undefined;
  /** What was done last, for those who pressed a key. */
  notice?: string | undefined;
  /** What went wrong and what to do, when `failed`. */
  failure?: { message: string; nextStep: string } | undefined;
}

export class ExperimentStore {
  #snapshot: Snapshot;
  #next: Snapshot;
  readonly #environments = new Map<string, EnvironmentState>();
  readonly #inFlight = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: Plan, target: Snapshot["target"]) {
    this.#next = { activity: "idle", plan, target, environments: [], labels: new Map() };
    this.#snapshot = this.#next;
  }

  /** For React's useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** What stands now, however long ago the last snapshot was published. */
  get current(): Snapshot {
    return this.#next;
  }

  /** Changes what the next snapshot shows. */
  set(changes: Partial<Snapshot>): void {
    this.#next = { ...this.#next, ...changes };
    this.#timer ??= setTimeout(() => this.#publish(), 1_000 / SNAPSHOTS_PER_SECOND);
  }

  /** Forgets the last experiment, not the environments that it left warm. */
  begin(): void {
    const forgotten = { run: undefined, verdict: undefined, failure: undefined, notice: undefined };
    this.set({ activity: "arming", ...forgotten });
  }

  /** All environments have ended: what comes next is counted anew. */
  recycle(): void {
    this.#environments.clear();
    this.set({
      run: undefined,
      labels: new Map(),
      notice: "All environments have ended: the next run is a cold one.",
    });
  }

  /** Follows the experiment into its next phase. */
  enter(phase: Phase): void {
    const stage = this.#next.plan.stages[phase.index];
    if (phase.name === "firing" && stage) {
      this.#inFlight.clear();
      for (let index = 0; index < burstOf(stage); index++) this.#inFlight.set(index, 0);
      for (const [id, environment] of this.#environments) {
        this.#environments.set(id, { ...environment, answers: [] });
      }
      const run = { index: phase.index, shotAt: performance.now(), answered: 0 };
      this.set({ activity: "firing", run: { ...run, inFlight: new Map(), unplaced: [] } });
    } else {
      this.set({ activity: phase.name });
    }
  }

  /** Takes a line of the record, in the tick in which it was written. */
  take(line: RecordLine): void {
    if (line.type === "observation") this.#observe(line);
    else if (line.type === "verdict" && line.run === null) this.set({ verdict: line });
    else if (line.type === "verdict") this.#changeRun({ wallMs: line.wallMs });
  }

  #observe(observation: Observation): void {
    const { run, plan } = this.#next;
    const stage = run && plan.stages[run.index];
    if (!stage) return;
    this.#inFlight.delete(observation.index);
    // A slot is free: the next request has left.
    const next = run.answered + burstOf(stage);
    if (next < stage.requests) this.#inFlight.set(next, observation.answeredAt ?? 0);
    const id = observation.response?.environment?.id;
    if (id !== undefined) this.#place(id, observation);
    this.#changeRun({
      answered: run.answered + 1,
      unplaced: id === undefined ? [...run.unplaced, observation].slice(-50) : run.unplaced,
    });
  }

  #place(id: string, observation: Observation): void {
    const known = this.#environments.get(id);
    const position = known?.position ?? this.#environments.size + 1;
    this.#environments.set(id, {
      id,
      position,
      invocations: (known?.invocations ?? 0) + 1,
      answers: [...(known?.answers ?? []), observation].slice(-KEPT_OBSERVATIONS),
    });
  }

  #changeRun(changes: Partial<RunState>): void {
    const { run } = this.#next;
    if (run) this.set({ run: { ...run, ...changes } });
  }

  #publish(): void {
    this.#timer = undefined;
    const { run, labels } = this.#next;
    // Labels depend on which environments there are, and those only become more.
    const known = labels.size === this.#environments.size;
    this.#next = {
      ...this.#next,
      environments: [...this.#environments.values()],
      labels: known ? labels : labelEnvironments(this.#environments.keys()),
      ...(run && { run: { ...run, inFlight: new Map(this.#inFlight) } }),
    };
    this.#snapshot = this.#next;
    for (const listener of this.#listeners) listener();
  }
}
