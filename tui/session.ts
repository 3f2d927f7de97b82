/** What the keys do: one target at a time, and one experiment at a time on it. */

import { unlessAborted } from "../experiment/core/abort.ts";
import { type PlanInput, parsePlan } from "../experiment/core/plan/plan-input.ts";
import type { Target } from "../experiment/core/target.ts";
import { costWords } from "../experiment/reports/cost-words.ts";
import { pooledPhrase } from "../experiment/reports/pooled-words.ts";
import { CONFIRM_FROM_USD } from "../experiment/targets/cost.ts";
import type { Stack } from "../experiment/targets/stack-outputs.ts";
import type { TargetChoice } from "../experiment/targets/target-choice.ts";
import { describeFailure } from "./failure.ts";
import { Records } from "./records.ts";
import type { Settings } from "./settings.ts";
import type { ExperimentStore } from "./store.ts";
import { TargetSlot } from "./target-slot.ts";
import { describeTarget, toKept } from "./targets.ts";
import { Work } from "./work.ts";

/** A stack that can be fired at, or why there is none and what to do. */
export type StackState = Stack | { words: string };
/** What an environment logged: its lines, or how they can be read. */
export type LogState = { lines: readonly string[] } | { words: string };

export class Session {
  readonly store: ExperimentStore;
  readonly records: Records;
  readonly #settings: Settings;
  readonly #target: TargetSlot;
  readonly #work: Work;
  #withControl = false;

  /** @param mayFallBack whether the embedded Lambda serves where the target cannot be opened */
  constructor(store: ExperimentStore, settings: Settings, mayFallBack: boolean) {
    this.store = store;
    this.#settings = settings;
    this.#work = new Work(store);
    this.records = new Records(store, this.#work);
    this.#target = new TargetSlot(store, mayFallBack);
    // So that the first shot waits for nothing.
    void this.#target.current.then(importExperiment);
  }

  /**
   * Fires the plan, unless something is under way. What costs more than a trifle is asked about.
   *
   * @param withControl whether it is fired at the control first
   */
  fire({ withControl = false } = {}): void {
    this.#withControl = withControl;
    this.#fire(false);
  }

  /** Fires the plan that the user was asked about. */
  agree(): void {
    this.#fire(true);
  }

  #fire(isAgreed: boolean): void {
    this.#work.start(async (signal) => {
      const { store } = this;
      store.set({ activity: "arming", notice: undefined, failure: undefined, question: undefined });
      const target = await this.#opened("It fires as soon as it is known where.", signal);
      if (!target) return;
      // Why this machine stands in for a stack, which who pressed the key has not seen before.
      const { plan, notice } = store.current;
      const cost = target.cost?.(plan);
      const [obstacle] = await target.obstacles(plan);
      if (cost && cost.usd >= CONFIRM_FROM_USD && !isAgreed && obstacle === undefined) {
        store.set({ question: `${costWords(cost)} Fire it?` });
        return;
      }
      store.begin(notice);
      const { runExperiment } = await importExperiment();
      const { record } = await runExperiment({
        plan,
        target,
        withControl: this.#withControl,
        signal,
        fold: store.fold,
        onLine: (line) => store.show(line),
        onPhase: (phase) => store.enter(phase),
        onRecord: (path) => store.set({ record: path }),
      });
      if (record !== undefined) store.set({ pooled: await pooledOver(record) });
    });
  }

  /** Leaves the plan unfired that the user was asked about. */
  refuse(): void {
    this.store.set({ question: undefined });
  }

  /** Stops what is under way: of an experiment, what is in flight is recorded as aborted. */
  stop(): void {
    this.#work.stop();
  }

  /** Makes the next run a cold one, or says how that is done where the target cannot. */
  recycle(): void {
    this.#work.start(async (signal) => {
      this.store.set({ activity: "recycling", failure: undefined, notice: undefined });
      const target = await this.#opened(
        "All environments end as soon as it is known which.",
        signal,
      );
      if (!target) return;
      const { notice } = this.store.current;
      if (!target.recycle) {
        const how = target.recycleCommand ?? "nobody but who runs this function can do it";
        this.store.set({ notice: `To make all environments cold: ${how}.` });
        return;
      }
      const recycled = target.recycle().then(() => true);
      if (!(await unlessAborted(recycled, signal))) return;
      const ended = "All environments have ended: the next run is a cold one.";
      this.store.forget({ notice: notice === undefined ? ended : `${notice} ${ended}` });
    });
  }

  /**
   * The target, once it is known and open; `undefined` when the waiting for it was stopped.
   *
   * @param words what comes then, for those who have pressed a key before
   */
  async #opened(words: string, signal: AbortSignal): Promise<Target | undefined> {
    const { activity } = this.store.current;
    if (this.#target.isOpen) return this.#target.open();
    this.store.set({ activity: "opening", awaited: `${words} Esc takes it back.` });
    const target = await unlessAborted(this.#target.open(), signal).finally(() =>
      this.store.set({ awaited: undefined }),
    );
    if (target) this.store.set({ activity });
    return target;
  }

  /** Takes another plan, and keeps it for the next start. */
  edit(input: PlanInput): void {
    const parsed = parsePlan(input);
    if (!parsed.ok) return;
    const notice = this.#settings.keep({ plan: input });
    this.store.set({ plan: parsed.plan, input, notice, failure: undefined });
    void this.#target.check();
  }

  /** Leaves the target for another one, and keeps the choice for the next start. */
  choose(choice: TargetChoice): void {
    if (this.#work.isUnderWay) {
      this.store.set({ notice: "The target stays while something is under way; Esc stops that." });
      return;
    }
    const target = describeTarget(choice);
    const notice = this.#settings.keep(toKept(choice));
    const unknown = { obstacle: undefined, cost: undefined, cautions: [] };
    this.store.forget({ activity: "idle", target, ...unknown, notice });
    this.#target.replace();
  }

  /** The selected stack of this project, or why there is none. */
  async findStack(): Promise<StackState> {
    const { readStack } = await import("../experiment/targets/stack-outputs.ts");
    return readStack(undefined, this.#target.closing).catch((error) => {
      const { message, nextStep } = describeFailure(error);
      return { words: `${message} ${nextStep}` };
    });
  }

  /** What an environment logged, or how that can be read. */
  async log(environment: string): Promise<LogState> {
    if (this.store.current.recorded) return { words: "The log is not on the record." };
    const target = await this.#target.current;
    const lines = await target?.logs?.(environment).catch(() => undefined);
    if (lines) return { lines };
    const command = target?.logsCommand?.(environment);
    return { words: command ?? "Only who runs this function can read what it logs." };
  }

  /** Stops what is under way, waits for its record, and ends the target. */
  async close(): Promise<void> {
    this.stop();
    await this.#work.ended;
    await this.#target.close();
  }
}

/** What the record says together with those of the same deployment before it, in words. */
async function pooledOver(record: string): Promise<string | undefined> {
  const { pooledWith } = await import("../experiment/records/history.ts");
  const pooled = await pooledWith(record);
  return pooled && pooledPhrase(pooled);
}

/** What fires needs modules that the first frame must not wait for. */
function importExperiment() {
  return import("../experiment/experiment.ts");
}
