/** One thing at a time: an experiment, a cold start, the reading of a record. */

import { ExperimentError } from "../experiment/core/errors.ts";
import { errorWords } from "../experiment/reports/error-words.ts";
import type { ExperimentStore } from "./store.ts";

type Task = (signal: AbortSignal) => Promise<void>;

export class Work {
  readonly #store: ExperimentStore;
  #current: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(store: ExperimentStore) {
    this.#store = store;
  }

  get isUnderWay(): boolean {
    return this.#current !== undefined;
  }

  /** Resolves when nothing is under way any more. */
  get ended(): Promise<void> {
    return this.#current?.ended ?? Promise.resolve();
  }

  /** Begins a task, and shows what it fails with; what is asked meanwhile is not done. */
  start(task: Task): void {
    if (this.#current) return;
    const stop = new AbortController();
    const ended = this.#run(task, stop.signal);
    this.#current = { stop, ended };
  }

  /** Stops what is under way: of an experiment, what is in flight is recorded as aborted. */
  stop(): void {
    if (!this.#current) return;
    this.#store.set({ activity: "stopping" });
    this.#current.stop.abort();
  }

  async #run(task: Task, signal: AbortSignal): Promise<void> {
    try {
      await task(signal);
    } catch (error) {
      const isStopped = signal.aborted && !(error instanceof ExperimentError);
      if (!isStopped) this.#store.set({ failure: errorWords(error, "screen") });
    }
    this.#current = undefined;
    this.#store.settle();
  }
}
