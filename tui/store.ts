/**
 * The state of the screen, outside React: the experiment feeds it in the tick in which something
 * happens, and the screen reads a snapshot, as data, that is renewed at most so many times a second.
 */

import assert from "node:assert/strict";
import { createHistogram, type Histogram, type RecordableHistogram } from "node:perf_hooks";
import type { Plan } from "../experiment/core/plan/plan.ts";
import type {
  CrossCheckLine,
  Observation,
  RecordLine,
  RunLine,
  VerdictLine,
} from "../experiment/core/record-lines.ts";
import type { Cost, HourlyCost } from "../experiment/core/target.ts";
import type { Phase } from "../experiment/experiment.ts";
import type { Labels } from "../experiment/records/environment-labels.ts";
import { type EnvironmentState, Fold, type RunState } from "../experiment/records/fold.ts";
import type { ErrorWords } from "../experiment/reports/error-words.ts";
import { controlWords, crossCheckWords, runNumberWords } from "../experiment/reports/words.ts";
import type { TargetChoice } from "../experiment/targets/open-target.ts";

/** What the screen shows, at one moment. */
export interface Snapshot {
  activity: Activity;
  plan: Plan;
  target: TargetState;
  /** The recorded experiment that is shown instead of one of this session. */
  recorded?: RunLine | undefined;
  /** Whether anything was fired in this session. */
  hasFired: boolean;
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
  question?: Question | undefined;
  /** One for each model, where the plan is fired at several, one after the other. */
  models: readonly Snapshot[];
  /** What the plan will meet at the target, such as throttling. */
  cautions: readonly string[];
}

/** What the user is asked before something is fired that costs more than a trifle. */
interface Question {
  words: string;
  /** Fires it; called when the user agrees. */
  fire: () => void;
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

/** Where the screen fires. */
export interface TargetState {
  choice: TargetChoice;
  /** Such as `local · on-demand`. */
  title: string;
  /** What a verdict reached there is worth. */
  proves: string;
  /** What is billed there by the hour, once the target is open. */
  hourly?: HourlyCost | undefined;
}

/** Whether something is under way: an experiment, a cold start, or the reading of a record. */
export function isBusy({ activity }: Pick<Snapshot, "activity">): boolean {
  return activity !== "idle" && activity !== "finished";
}

/** Answers that are kept whole, over all environments. */
const KEPT_ANSWERS = 20_000;

/** What the snapshot shows beside what follows from the experiment's lines. */
type State = Omit<Snapshot, "run" | "environments" | "labels" | "clients" | "now" | "models">;

/** What is known of an experiment, beside its verdict, before it is fired. */
const NOTHING_FIRED = {
  ...{ recorded: undefined, record: undefined, pooled: undefined },
  ...{ failure: undefined, notice: undefined },
} satisfies Partial<State>;

export class ExperimentStore {
  /** What the lines of the last record say, and the environments that it left warm. */
  readonly fold = new Fold({ latest: KEPT_ANSWERS });
  /** The number of each client that was met. */
  readonly #clients = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #intervalMs: number;
  #state: State;
  #snapshot: Snapshot;
  #run: RunOnScreen | undefined;
  /** What the experiments of a comparison come to, each in a store of its own. */
  #models: readonly ExperimentStore[] = [];
  #timer: NodeJS.Timeout | undefined;
  #publishedAt = 0;
  #isClosed = false;

  /** @param snapshotsPerSecond at most; while nothing changes there are none */
  constructor(initial: Pick<State, "plan" | "target" | "notice">, snapshotsPerSecond: number) {
    this.#intervalMs = 1_000 / snapshotsPerSecond;
    this.#state = {
      ...initial,
      activity: "idle",
      hasFired: false,
      isVerdictOld: false,
      cautions: [],
    };
    this.#meet(initial.plan.clients);
    this.#snapshot = this.current;
  }

  /** For React's useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** What stands now, however long ago the last snapshot was published. */
  get current(): Snapshot {
    const { environments, labels } = this.fold;
    const shown = { run: this.#run, environments, labels, clients: this.#clients };
    const models = this.#models.map(({ current }) => current);
    return { ...this.#state, ...shown, models, now: performance.now() };
  }

  /** Changes what the next snapshot shows. */
  set(changes: Partial<State>): void {
    if (changes.plan) this.#meet(changes.plan.clients);
    this.#state = { ...this.#state, ...changes };
    this.#schedule();
  }

  /**
   * Starts anew, with the environments that the last experiment left warm; its verdict fades.
   *
   * @param notice what is to be known of it meanwhile
   */
  begin(notice: string | undefined): void {
    this.#startAnew([]);
    this.set({ ...NOTHING_FIRED, activity: "arming", isVerdictOld: true, notice });
  }

  /**
   * Begins a comparison: what comes to these stores is shown side by side.
   *
   * @param notice what is to be known of it meanwhile
   */
  compare(models: readonly ExperimentStore[], notice: string | undefined): void {
    this.#startAnew(models);
    this.set({ ...NOTHING_FIRED, activity: "opening", verdict: undefined, notice });
  }

  /** Forgets the last experiment, or comparison; environments of the session's target stay warm. */
  #startAnew(models: readonly ExperimentStore[]): void {
    // Those of a recorded experiment are other processes, long gone.
    if (this.#state.recorded) this.fold.forget();
    else this.fold.startRecord();
    this.#run = undefined;
    this.#models = models;
  }

  /** Leaves a recorded experiment, or a comparison, for the plan and the target as they are. */
  showPlan(): void {
    const { hasFired } = this.#state;
    const changes = { hasFired: hasFired || this.#models.some(({ current }) => current.hasFired) };
    this.#startAnew([]);
    this.set({ ...NOTHING_FIRED, ...changes, activity: "idle", verdict: undefined });
  }

  /** Forgets everything that was fired: what comes next is counted anew. */
  forget(changes: Partial<State>): void {
    this.forgetEnvironments();
    this.#models = [];
    this.set({ ...NOTHING_FIRED, verdict: undefined, ...changes });
  }

  /** Environments have ended by themselves: those that come are other ones. */
  forgetEnvironments(): void {
    this.fold.forget();
    this.#run = undefined;
    this.#schedule();
  }

  /** Nothing is under way any more: what was not answered will not be. */
  settle(): void {
    this.#run?.end();
    this.set({ activity: this.#run ? "finished" : "idle", pausedUntil: undefined });
  }

  /** Follows the experiment into its next phase. */
  enter(phase: Phase): void {
    if (this.#state.activity === "stopping") return;
    const pausedUntil = phase.name === "pausing" ? performance.now() + phase.ms : undefined;
    this.set({ activity: phase.name, pausedUntil });
  }

  /** Publishes no snapshot any more: nobody is there to see it, and the process would wait for it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Takes a line of the record, in the tick in which it was written. */
  take(line: RecordLine): void {
    this.fold.take(line);
    this.show(line);
  }

  /** Shows a line that the fold has taken, or what was concluded anew. */
  show(line: RecordLine): void {
    if (line.type === "run") this.#showRun();
    else if (line.type === "verdict") this.#showVerdict(line);
    else if (line.type === "cross-check") {
      this.set({ notice: crossCheckNotice(line) });
    } else {
      this.#run?.endRequest(line);
      this.#schedule();
    }
  }

  #showRun(): void {
    const { run } = this.fold;
    assert(run, "A run whose line was taken is known.");
    this.#meet(run.line.plan.clients);
    const isLive = this.#state.recorded === undefined;
    this.#run = new RunOnScreen(run, isLive);
    this.set({ isVerdictOld: true, hasFired: isLive || this.#state.hasFired });
  }

  #showVerdict(line: VerdictLine): void {
    if (line.run === this.fold.run?.line.run) this.#run?.end();
    if (line.role === "control") this.set({ notice: controlWords(this.fold.control) });
    // What a single run of a control showed is no verdict.
    else if (this.fold.run?.line.role === "control") this.#schedule();
    else this.set({ verdict: line, isVerdictOld: false });
  }

  /** Numbers clients in the order in which they are met; a client keeps its number. */
  #meet(clients: readonly string[]): void {
    for (const client of clients) {
      if (!this.#clients.has(client)) this.#clients.set(client, this.#clients.size);
    }
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const due = this.#publishedAt + this.#intervalMs - performance.now();
    this.#timer ??= setTimeout(() => this.#publish(), Math.max(0, due));
  }

  #publish(): void {
    this.#timer = undefined;
    this.#publishedAt = performance.now();
    this.#snapshot = this.current;
    for (const listener of this.#listeners) listener();
    // Bars and countdowns move by themselves.
    const { activity } = this.#state;
    if (activity === "firing" || activity === "pausing") this.#schedule();
  }
}

/** What a cross-check says, and where the log can be read. */
export function crossCheckNotice(line: CrossCheckLine): string {
  return `${crossCheckWords(line)} ${line.console}`;
}

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

  /** Ends a request, which the run has counted already. */
  endRequest({ index, outcome, sentAt = 0, answeredAt = 0 }: Observation): void {
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
    return runNumberWords(this.folded.line);
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
