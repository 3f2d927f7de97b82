/**
 * The state of the screen, outside React: the experiment feeds it in the tick in which something
 * happens, and the screen reads a snapshot that is renewed at most so many times a second.
 */

import type { Phase } from "../experiment/core/experiment.ts";
import type { RecordLine, VerdictLine } from "../experiment/core/record-lines.ts";
import { controlWords, crossCheckWords } from "../experiment/reports/words.ts";
import { Follower } from "./follower.ts";
import type { Snapshot } from "./state.ts";

/** What the snapshot shows beside what follows from the experiment's lines. */
type State = Omit<Snapshot, "run" | "environments" | "labels" | "clients" | "now">;

export class ExperimentStore {
  readonly #follower = new Follower();
  readonly #listeners = new Set<() => void>();
  readonly #intervalMs: number;
  #state: State;
  #snapshot: Snapshot;
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
    this.#follower.meet(initial.plan.clients);
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
    const { run, environments, labels, clients } = this.#follower;
    return { ...this.#state, run, environments, labels, clients, now: performance.now() };
  }

  /** Changes what the next snapshot shows. */
  set(changes: Partial<State>): void {
    if (changes.plan) this.#follower.meet(changes.plan.clients);
    this.#state = { ...this.#state, ...changes };
    this.#schedule();
  }

  /**
   * Starts anew, with the environments that the last experiment left warm; its verdict fades.
   *
   * @param notice what is to be known of it meanwhile
   */
  begin(notice: string | undefined): void {
    // Those of a recorded experiment are other processes, long gone.
    if (this.#state.recorded) this.#follower.forgetEnvironments();
    this.#follower.forgetRun();
    const forgotten = { recorded: undefined, record: undefined, failure: undefined };
    const faded = { isVerdictOld: true, pooled: undefined };
    this.set({ activity: "arming", ...faded, notice, ...forgotten });
  }

  /** Forgets everything that was fired: what comes next is counted anew. */
  forget(changes: Partial<State>): void {
    this.#follower.forgetEnvironments();
    const nothing = { failure: undefined, verdict: undefined, pooled: undefined };
    const forgotten = { recorded: undefined, ...nothing };
    this.set({ ...forgotten, record: undefined, notice: undefined, ...changes });
  }

  /** Environments have ended by themselves: those that come are other ones. */
  forgetEnvironments(): void {
    this.#follower.forgetEnvironments();
    this.#schedule();
  }

  /** Nothing is under way any more: what was not answered will not be. */
  settle(): void {
    this.#follower.endRun();
    const { run } = this.#follower;
    this.set({ activity: run ? "finished" : "idle", pausedUntil: undefined });
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
    this.#follower.take(line, this.#state.recorded === undefined);
    if (line.type === "run") this.set({ isVerdictOld: true });
    else if (line.type === "verdict") this.#conclude(line);
    else if (line.type === "cross-check") {
      this.set({ notice: `${crossCheckWords(line)} ${line.console}` });
    } else this.#schedule();
  }

  #conclude(line: VerdictLine): void {
    if (line.role === "control") this.set({ notice: controlWords(line) });
    // What a single run of a control showed is no verdict.
    else if (this.#follower.run?.role === "control") this.#schedule();
    else this.set({ verdict: line, isVerdictOld: false });
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
