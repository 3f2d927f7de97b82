/** What the keys do: one target for the whole session, and one experiment at a time on it. */

import { conduct } from "../experiment/conduct.ts";
import { ExperimentError } from "../experiment/core/errors.ts";
import type { Plan } from "../experiment/core/plan.ts";
import type { Target } from "../experiment/core/target.ts";
import { ExperimentStore } from "./store.ts";

export class Session {
  readonly store: ExperimentStore;
  readonly #target: Target;
  #experiment: { stop: AbortController; ended: Promise<void> } | undefined;
  #recycling = false;
  #failure: unknown;

  constructor(plan: Plan, target: Target) {
    const { kind, model, url } = target.description;
    this.#target = target;
    this.store = new ExperimentStore(plan, {
      title: kind === "local" ? `local · ${model}` : url,
      proves: target.proves,
      recycles: target.recycle !== undefined,
    });
  }

  /** A bug that ended an experiment, if one did. */
  get bug(): unknown {
    return this.#failure;
  }

  /** Fires the plan, unless an experiment is under way. */
  fire(): void {
    if (this.#experiment || this.#recycling) return;
    const stop = new AbortController();
    const ended = this.#conduct(stop.signal).finally(() => {
      this.#experiment = undefined;
    });
    this.#experiment = { stop, ended };
  }

  /** Stops the experiment: what is in flight is recorded as aborted. */
  stop(): void {
    if (!this.#experiment) return;
    this.store.set({ activity: "stopping" });
    this.#experiment.stop.abort();
  }

  /** Makes the next run a cold one, where the target can. */
  async recycle(): Promise<void> {
    if (this.#experiment || this.#recycling || !this.#target.recycle) return;
    this.#recycling = true;
    await this.#target.recycle();
    this.#recycling = false;
    this.store.recycle();
  }

  /** Stops what is under way, waits for its record, and ends the target. */
  async close(): Promise<void> {
    this.stop();
    await this.#experiment?.ended;
    await this.#target.close();
  }

  async #conduct(signal: AbortSignal): Promise<void> {
    const { store } = this;
    store.begin();
    try {
      const { record } = await conduct({
        plan: store.current.plan,
        target: this.#target,
        signal,
        onLine: (line) => store.take(line),
        onPhase: (phase) => store.enter(phase),
      });
      const stopped = store.current.verdict === undefined;
      store.set({ activity: stopped ? "idle" : "finished", ...(record && { record }) });
    } catch (error) {
      if (!(error instanceof ExperimentError)) this.#failure = error;
      const message = error instanceof Error ? error.message : String(error);
      const nextStep = error instanceof ExperimentError ? error.nextStep : "This is a bug.";
      store.set({ activity: "failed", failure: { message, nextStep } });
    }
  }
}
