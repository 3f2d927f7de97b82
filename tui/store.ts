/**
 * The state of the screen, outside React: the experiment feeds it in the tick in which something
 * happens, and the screen reads a snapshot that is renewed at most so many times a second.
 */

import assert from "node:assert/strict";
import type { CrossCheckLine, RecordLine, VerdictLine } from "../experiment/core/record-lines.ts";
import type { Phase } from "../experiment/experiment.ts";
import { Fold } from "../experiment/records/fold.ts";
import { controlWords, crossCheckWords } from "../experiment/reports/words.ts";
import { RunOnScreen, type Snapshot } from "./state.ts";

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
  constructor(
    initial: Pick<State, "plan" | "input" | "target" | "notice">,
    snapshotsPerSecond: number,
  ) {
    this.#intervalMs = 1_000 / snapshotsPerSecond;
    this.#state = { ...initial, activity: "idle", isVerdictOld: false, cautions: [] };
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
    if (line.type === "run") this.#begin();
    else if (line.type === "verdict") this.#conclude(line);
    else if (line.type === "cross-check") {
      this.set({ notice: crossCheckNotice(line) });
    } else {
      this.#run?.see(line);
      this.#schedule();
    }
  }

  #begin(): void {
    const { run } = this.fold;
    assert(run, "A run whose line was taken is known.");
    this.#meet(run.line.plan.clients);
    this.#run = new RunOnScreen(run, this.#state.recorded === undefined);
    this.set({ isVerdictOld: true });
  }

  #conclude(line: VerdictLine): void {
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
