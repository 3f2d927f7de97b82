/** What the keys do: one target at a time, and one experiment at a time on it. */

import { ExperimentError, rootMessage } from "../experiment/core/errors.ts";
import { type PlanInput, parsePlan } from "../experiment/core/plan-input.ts";
import type { Target } from "../experiment/core/target.ts";
import type { RecordSummary } from "../experiment/records/history.ts";
import type { Stack } from "../experiment/targets/stack-outputs.ts";
import type { TargetChoice } from "../experiment/targets/target-choice.ts";
import type { Settings } from "./settings.ts";
import type { Failure, TargetState } from "./state.ts";
import type { ExperimentStore } from "./store.ts";
import { describeTarget, toKept } from "./targets.ts";

/** A stack that can be fired at, or why there is none and what to do. */
export type StackState = Stack | { words: string };
/** What an environment logged: its lines, or how they can be read. */
export type LogState = { lines: readonly string[] } | { words: string };

export class Session {
  readonly store: ExperimentStore;
  readonly #settings: Settings;
  #target: Promise<Target>;
  #hasFailed = false;
  /** Ends what is waited for when the session does. */
  readonly #closing = new AbortController();
  /** Targets that were left, until they have ended. */
  #left: Promise<unknown> = Promise.resolve();
  #work: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(store: ExperimentStore, settings: Settings) {
    this.store = store;
    this.#settings = settings;
    this.#target = this.#open(store.current.target);
  }

  /** Fires the plan, unless something is under way. */
  fire(): void {
    this.#start(async (signal) => {
      const { store } = this;
      store.begin();
      const target = await unlessAborted(this.#opened(), signal);
      if (!target) return;
      const { conduct } = await importConduct();
      await conduct({
        plan: store.current.plan,
        target,
        signal,
        onLine: (line) => store.take(line),
        onPhase: (phase) => store.enter(phase),
        onRecord: (record) => store.set({ record }),
      });
    });
  }

  /** Stops what is under way: of an experiment, what is in flight is recorded as aborted. */
  stop(): void {
    if (!this.#work) return;
    this.store.set({ activity: "stopping" });
    this.#work.stop.abort();
  }

  /** Makes the next run a cold one, or says how that is done where the target cannot. */
  recycle(): void {
    this.#start(async (signal) => {
      this.store.set({ activity: "recycling", failure: undefined, notice: undefined });
      const target = await unlessAborted(this.#opened(), signal);
      if (!target) return;
      if (!target.recycle) {
        const how = target.recycleCommand ?? "nobody but who runs this function can do it";
        this.store.set({ notice: `To make all environments cold: ${how}.` });
        return;
      }
      await target.recycle();
      this.store.forget({ notice: "All environments have ended: the next run is a cold one." });
    });
  }

  /** Takes another plan, and keeps it for the next start. */
  edit(input: PlanInput): void {
    const parsed = parsePlan(input);
    if (!parsed.ok) return;
    const notice = this.#settings.keep({ plan: input });
    this.store.set({ plan: parsed.plan, input, notice, failure: undefined });
    void this.#check();
  }

  /** Leaves the target for another one, and keeps the choice for the next start. */
  choose(choice: TargetChoice): void {
    if (this.#work) return;
    const left = this.#target;
    const target = describeTarget(choice);
    const notice = this.#settings.keep(toKept(choice));
    this.store.forget({ activity: "idle", target, obstacle: undefined, notice });
    this.#target = this.#open(target);
    const closing = left.then((previous) => previous.close()).catch(() => {});
    this.#left = Promise.all([this.#left, closing]);
  }

  /** Shows a recorded experiment as if it had just ended. */
  replay(path: string): void {
    this.#start(async (signal) => {
      const { readRecord } = await import("../experiment/records/read-record.ts");
      this.store.forget({ activity: "reading" });
      this.store.set({ record: path });
      let isConcluded = false;
      for await (const line of readRecord(path)) {
        if (signal.aborted) break;
        if (line.type === "run") this.store.set({ recorded: line });
        isConcluded = line.type === "verdict" && line.run === null;
        this.store.take(line);
      }
      if (signal.aborted) this.store.set({ notice: "Reading was stopped: this is a part of it." });
      else if (!isConcluded)
        this.store.set({ notice: "This record ends before its experiment did." });
    });
  }

  /** The recorded experiments, the newest first. */
  async history(): Promise<RecordSummary[]> {
    const { listRecords } = await import("../experiment/records/history.ts");
    return listRecords();
  }

  /** Deletes a record for good; resolves to those that are left. */
  async forgetRecord(path: string): Promise<RecordSummary[]> {
    const { deleteRecord } = await import("../experiment/records/history.ts");
    try {
      await deleteRecord(path);
      if (this.store.current.record === path) this.store.set({ record: undefined });
    } catch (error) {
      this.store.set({ notice: `The record could not be deleted: ${rootMessage(error)}.` });
    }
    return this.history();
  }

  /** The selected stack of this project, or why there is none. */
  async findStack(): Promise<StackState> {
    const { readStack } = await import("../experiment/targets/stack-outputs.ts");
    return readStack(undefined, this.#closing.signal).catch((error) => {
      const { message, nextStep } = describeFailure(error);
      return { words: `${message} ${nextStep}` };
    });
  }

  /** What an environment logged, or how that can be read. */
  async log(environment: string): Promise<LogState> {
    if (this.store.current.recorded) return { words: "The log is not on the record." };
    const target = await this.#target.catch(() => undefined);
    const lines = await target?.logs?.(environment).catch(() => undefined);
    if (lines) return { lines };
    const command = target?.logsCommand?.(environment);
    return { words: command ?? "Only who runs this function can read what it logs." };
  }

  /** Stops what is under way, waits for its record, and ends the target. */
  async close(): Promise<void> {
    this.stop();
    this.#closing.abort();
    await this.#work?.ended;
    const target = await this.#target.catch(() => undefined);
    await Promise.all([target?.close(), this.#left]);
  }

  /** One thing at a time: what is asked meanwhile is not done. */
  #start(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#work) return;
    const stop = new AbortController();
    const ended = this.#run(work, stop.signal);
    this.#work = { stop, ended };
  }

  async #run(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await work(signal);
    } catch (error) {
      this.store.set({ failure: describeFailure(error) });
    }
    this.#work = undefined;
    this.store.settle();
  }

  #open({ choice }: TargetState): Promise<Target> {
    const opening = import("../experiment/targets/open-target.ts").then(({ openTarget }) =>
      openTarget(choice, this.#closing.signal),
    );
    this.#hasFailed = false;
    opening.then(
      () => {
        // So that the first shot waits for nothing.
        void importConduct();
        void this.#check();
      },
      (error) => {
        // The user may have left this target for another one meanwhile.
        if (this.#target !== opening || this.#closing.signal.aborted) return;
        this.#hasFailed = true;
        this.store.set({ failure: describeFailure(error) });
      },
    );
    return opening;
  }

  /** The target; one that could not be opened before, or has ended since, is opened again. */
  async #opened(): Promise<Target> {
    const isGone = this.#hasFailed || (await this.#target).isGone?.();
    if (isGone) {
      this.store.forgetEnvironments();
      this.#target = this.#open(this.store.current.target);
    }
    return this.#target;
  }

  /** Says before anything is fired why the plan cannot work at the target. */
  async #check(): Promise<void> {
    const { plan } = this.store.current;
    const asked = this.#target;
    const target = await asked.catch(() => undefined);
    const [obstacle] = (await target?.obstacles(plan)) ?? [];
    if (this.store.current.plan === plan && this.#target === asked) this.store.set({ obstacle });
  }
}

/** What fires needs modules that the first frame must not wait for. */
function importConduct() {
  return import("../experiment/conduct.ts");
}

/** What a promise resolves to, or `undefined` as soon as nobody waits for it any more. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  return Promise.race([promise, aborted]);
}

function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof ExperimentError;
  return { message, nextStep: known ? error.nextStep : "This is a bug." };
}
