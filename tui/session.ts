/**
 * What the keys do: one target at a time, which is opened in the background, and one piece of work at
 * a time. What takes long to load is loaded when it is needed, so that the first frame waits for none
 * of it.
 */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MODELS } from "../basics/models.ts";
import { isStop, unlessAborted } from "../experiment/core/abort.ts";
import { ExperimentError } from "../experiment/core/errors.ts";
import type { Plan } from "../experiment/core/plan/plan.ts";
import type { PlanInput } from "../experiment/core/plan/plan-input.ts";
import {
  type HourlyCost,
  needsConsent,
  type Preflight,
  preflight,
  type Target,
} from "../experiment/core/target.ts";
import { mostAtOnce } from "../experiment/core/verdict/conclude.ts";
import type { RecordSummary } from "../experiment/records/history.ts";
import { errorWords } from "../experiment/reports/error-words.ts";
import type { RecordedExperiment } from "../experiment/reports/recorded-experiment.ts";
import { answeringWords, costWords, pooledPhrase } from "../experiment/reports/words.ts";
import type { FoundTarget, TargetChoice } from "../experiment/targets/open-target.ts";
import type { Stack } from "../experiment/targets/stack-outputs.ts";
import { keptChoice } from "./screen-options.ts";
import type { Settings } from "./settings.ts";
import { ExperimentStore, type Snapshot } from "./store.ts";
import { describeFailed, describeKnown, describeTarget } from "./target-words.ts";

/** A stack that can be fired at, or why there is none and what to do. */
export type StackState = Stack | { words: string };
/** What an environment logged: its lines, or how they can be read. */
export type LogState = { lines: readonly string[] } | { words: string };

/** A target that is opened in the background. */
interface Opening {
  target: Promise<Target>;
  /** What has come of it. */
  state: "under way" | "open" | "failed";
}

/** What serves where there is no stack. */
const FALLBACK: TargetChoice = { kind: "local", model: "on-demand" };
const ONLY_ITS_OWNER = "Only the owner of what answers at this URL can make its environments cold.";
/** What comes when a key was pressed before the target is known. */
const FIRES_THEN = "It fires as soon as it is known where.";
/** What comes when an edited plan has more to it than the fields of the form. */
const NOT_KEPT =
  "This plan is not kept for the next start: the form does not hold all of it. Name it again with --plan.";
/** The models of the embedded Lambda, to be fired at in turn. */
const LOCAL_MODELS: readonly FoundTarget[] = MODELS.map((model) => {
  const choice: TargetChoice = { kind: "local", model };
  return { choice, open: (signal) => loadTarget(choice, signal) };
});
/** In milliseconds; Ink waits 20 ms before an Esc is no beginning of another key. */
const KEY_MS = 40;

export class Session {
  readonly store: ExperimentStore;
  readonly #settings: Settings;
  /** Ends what is waited for when the session does. */
  readonly #closing = new AbortController();
  #opening: Opening;
  /** Targets that were left, until they have ended. */
  #left: Promise<unknown> = Promise.resolve();
  /** What is under way: an experiment, a cold start, the reading of a record. */
  #work: { stop: AbortController; ended: Promise<void> } | undefined;
  /** What goes on being billed by the hour, of all stacks that were targets; by the command that ends it. */
  readonly #hourly = new Map<string, HourlyCost>();

  /** @param mayFallBack whether the embedded Lambda serves where the target cannot be opened */
  constructor(store: ExperimentStore, settings: Settings, mayFallBack: boolean) {
    this.store = store;
    this.#settings = settings;
    this.#opening = this.#openTarget(mayFallBack);
    // So that the first shot waits for nothing.
    void this.#opening.target.catch(() => undefined).then(importExperiment);
  }

  /** What goes on being billed by the hour, of all stacks that were targets in this session. */
  get hourly(): readonly HourlyCost[] {
    return [...this.#hourly.values()];
  }

  /** Stops what is under way, waits for its record, and ends the target. */
  async close(): Promise<void> {
    this.stop();
    await this.#work?.ended;
    this.#closing.abort();
    const target = await this.#opening.target.catch(() => undefined);
    await Promise.all([target?.close(), this.#left]);
  }

  // One piece of work at a time.

  /** Begins some work, and shows what it fails with; what is asked for meanwhile is not done. */
  #start(task: (signal: AbortSignal) => Promise<void>): void {
    if (this.#work) return;
    const stop = new AbortController();
    const run = async () => {
      try {
        await task(stop.signal);
      } catch (error) {
        if (!isStop(error, stop.signal)) this.store.set({ failure: errorWords(error, "screen") });
      }
      this.#work = undefined;
      this.store.settle();
    };
    this.#work = { stop, ended: run() };
  }

  /** Stops what is under way: of an experiment, what is in flight is recorded as aborted. */
  stop(): void {
    if (!this.#work) return;
    this.store.set({ activity: "stopping" });
    this.#work.stop.abort();
  }

  // Firing.

  /**
   * Fires the plan, unless something is under way. What costs more than a trifle is asked about.
   *
   * @param withControl whether it is fired at the control first
   * @param isAgreed whether the user was asked about it
   */
  fire({ withControl = false, isAgreed = false } = {}): void {
    this.#start(async (signal) => {
      const { store } = this;
      store.set({ activity: "arming", notice: undefined, failure: undefined, question: undefined });
      const target = await this.#awaitTarget(FIRES_THEN, signal);
      if (!target) return;
      // Why this machine stands in for a stack was not to be seen before the key was pressed.
      const { plan, notice } = store.current;
      const found = await preflight(plan, target);
      const question = isAgreed ? undefined : questionBefore(found);
      if (question !== undefined) {
        const fire = () => this.fire({ withControl, isAgreed: true });
        return store.set({ question: { words: question, fire } });
      }
      store.begin(notice);
      const { runExperiment } = await importExperiment();
      const { record } = await runExperiment({
        ...{ plan, target, found, withControl, signal, fold: store.fold },
        onLine: (line) => store.show(line),
        onPhase: (phase) => store.enter(phase),
        onAnswering: (waitedMs) => store.set({ notice: answeringWords(waitedMs) }),
        onRecord: (path) => store.set({ record: path }),
      });
      if (record === undefined) return;
      const { pooledWith } = await import("../experiment/records/history.ts");
      try {
        const pooled = await pooledWith(record);
        store.set({ pooled: pooled && pooledPhrase(pooled) });
      } catch (error) {
        // The experiment is over, and what it came to stands.
        store.set({ notice: failureWords(error).words });
      }
    });
  }

  /** Fires what the user was asked about. */
  agree(): void {
    this.store.current.question?.fire();
  }

  /** Leaves the plan unfired that the user was asked about. */
  refuse(): void {
    this.store.set({ question: undefined });
  }

  /**
   * Fires the plan at each model of the stack, or of the embedded Lambda, one after the other.
   *
   * @param agreed the models that the user was asked about
   */
  fireAtModels(agreed?: readonly FoundTarget[]): void {
    this.#start(async (signal) => {
      const { store } = this;
      const said = { notice: undefined, failure: undefined, question: undefined };
      store.set({ activity: "opening", ...said });
      const found = agreed ?? (await this.#findModels(signal));
      if (!found) return;
      // Why this machine stands in for a stack was not to be seen before the key was pressed.
      const { plan, notice } = store.current;
      const question = agreed ? undefined : await questionBeforeAll(plan, found, signal);
      if (question !== undefined) {
        const fire = () => this.fireAtModels(found);
        return store.set({ question: { words: question, fire } });
      }
      const models = found.map((one) => {
        const target = { choice: one.choice, ...describeKnown(one.choice) };
        const column = new ExperimentStore({ plan, target, notice: undefined }, 1);
        // Its lines are published by the store that shows it.
        column.close();
        return { column, open: one.open };
      });
      const columns = models.map(({ column }) => column);
      store.compare(columns, notice);
      for (const { column, open } of models) {
        if (signal.aborted) column.set({ activity: "finished" });
        else await this.#fireColumn(column, open, signal);
      }
    });
  }

  /**
   * The models of the stack that is fired at, or else of the embedded Lambda; `undefined` when the
   * waiting for them was stopped.
   */
  async #findModels(signal: AbortSignal): Promise<readonly FoundTarget[] | undefined> {
    if (this.store.current.target.choice.kind !== "stack") return LOCAL_MODELS;
    const target = await this.#awaitTarget(FIRES_THEN, signal);
    if (!target) return undefined;
    const { kind, stack } = target.description;
    // Where there is no stack, the embedded Lambda has taken its place.
    if (kind !== "stack") return LOCAL_MODELS;
    // Read anew: there may be others than when it was opened.
    const { findStackTargets } = await import("../experiment/targets/open-target.ts");
    return findStackTargets(stack, "all", signal);
  }

  /** Fires one experiment of a comparison; its failure is shown there, and stops no other. */
  async #fireColumn(
    column: ExperimentStore,
    open: FoundTarget["open"],
    signal: AbortSignal,
  ): Promise<void> {
    const { store } = this;
    const { plan } = column.current;
    const show = (changes: Pick<Partial<Snapshot>, "notice" | "cautions">) => {
      column.set(changes);
      store.set({});
    };
    // AWS may take its time to say what the account has left, and nothing waits for that.
    const showCautions = async (opened: Target) =>
      show({ cautions: (await opened.cautions?.(plan)) ?? [] });
    let target: Target | undefined;
    try {
      column.set({ activity: "opening" });
      store.set({ activity: "opening" });
      target = await open(signal);
      column.set({ target: { ...column.current.target, hourly: this.#noteHourly(target) } });
      void showCautions(target);
      const { runExperiment } = await importExperiment();
      await runExperiment({
        plan,
        target,
        signal,
        fold: column.fold,
        onLine: (line) => {
          column.show(line);
          store.set({});
        },
        onPhase: (phase) => {
          column.enter(phase);
          store.enter(phase);
        },
        onAnswering: (waitedMs) => show({ notice: answeringWords(waitedMs) }),
        onRecord: (record) => column.set({ record }),
      });
      column.set({ mostAtOnce: mostAtOnce(column.fold.experiment.runs) });
    } catch (error) {
      if (!isStop(error, signal)) column.set({ failure: errorWords(error, "screen") });
    } finally {
      await target?.close();
    }
    column.set({ notice: undefined });
    column.settle();
  }

  /** Keeps in mind what goes on being billed where a target is. */
  #noteHourly({ hourly }: Target): HourlyCost | undefined {
    if (hourly) this.#hourly.set(hourly.endCommand, hourly);
    return hourly;
  }

  /** Makes the next run a cold one, or says how that is done where the target cannot. */
  recycle(): void {
    this.#start(async (signal) => {
      const { store } = this;
      store.set({ activity: "recycling", failure: undefined, notice: undefined });
      const words = "All environments end as soon as it is known which.";
      const target = await this.#awaitTarget(words, signal);
      if (!target) return;
      const { notice } = store.current;
      if (!target.recycle) {
        const { recycling } = target;
        const how =
          recycling && `To make all environments cold: ${recycling.command}. ${recycling.effect}`;
        return store.set({ notice: how ?? ONLY_ITS_OWNER });
      }
      const recycled = target.recycle().then(() => true);
      if (!(await unlessAborted(recycled, signal))) return;
      const ended = "All environments have ended: the next run is a cold one.";
      store.forget({ notice: notice === undefined ? ended : `${notice} ${ended}` });
    });
  }

  /**
   * Takes another plan.
   *
   * @param input what is kept of it for the next start; `undefined` where that would be another plan
   */
  edit(plan: Plan, input: PlanInput | undefined): void {
    const notice = input ? this.#settings.keep({ plan: input }) : NOT_KEPT;
    this.store.set({ plan, notice, failure: undefined });
    void this.#foresee();
  }

  // The target.

  /** Leaves the target for another one, and keeps the choice for the next start. */
  choose(choice: TargetChoice): void {
    if (this.#work) {
      this.store.set({ notice: "The target stays while something is under way; Esc stops that." });
      return;
    }
    const target = describeTarget(choice);
    const notice = this.#settings.keep(keptChoice(choice));
    const unknown = { obstacle: undefined, cost: undefined, cautions: [] };
    this.store.forget({ activity: "idle", target, ...unknown, notice });
    const closing = this.#opening.target.then((left) => left.close()).catch(() => {});
    this.#left = Promise.all([this.#left, closing]);
    this.#opening = this.#openTarget(false);
  }

  /** The selected stack of this project, or why there is none. */
  async findStack(): Promise<StackState> {
    const { readStack } = await import("../experiment/targets/stack-outputs.ts");
    return readStack(undefined, this.#closing.signal).catch(failureWords);
  }

  /** What an environment logged into its stream, or how that can be read. */
  async readLog(logStream: string): Promise<LogState> {
    if (this.store.current.recorded) return { words: "The log is not on the record." };
    const target = await this.#opening.target.catch(() => undefined);
    if (target?.logs) {
      return target.logs(logStream).then((lines) => ({ lines }), failureWords);
    }
    const command = target?.logsCommand?.(logStream);
    return { words: command ?? "Only the owner of this function can read what it logs." };
  }

  /** Begins to open the target that the store names. */
  #openTarget(mayFallBack: boolean): Opening {
    const { store } = this;
    const { signal } = this.#closing;
    // The user may leave it for another one meanwhile.
    const isWanted = () => this.#opening === opening && !signal.aborted;
    const target = loadTarget(store.current.target.choice, signal).catch((error) => {
      if (!mayFallBack || !isWanted() || !(error instanceof ExperimentError)) throw error;
      // There is a stack, and it may have what else was meant.
      if (error.kind === "model not deployed") throw error;
      const { notice } = store.current;
      const { message, nextStep } = errorWords(error, "screen");
      const why = `No stack to fire at, so this is the embedded Lambda. ${message} ${nextStep}`;
      // What was wrong with the settings is not said again.
      const both = notice === undefined ? why : `${notice} ${why}`;
      store.set({ target: describeTarget(FALLBACK), notice: both });
      return loadTarget(FALLBACK, signal);
    });
    const opening: Opening = { target, state: "under way" };
    target.then(
      (opened) => {
        if (this.#opening !== opening) return;
        opening.state = "open";
        const known = { ...describeKnown(opened.description), hourly: this.#noteHourly(opened) };
        store.set({ target: { ...store.current.target, ...known } });
        void this.#foresee();
      },
      (error) => {
        if (!isWanted()) return;
        opening.state = "failed";
        const target = describeFailed(store.current.target.choice);
        store.set({ target, failure: errorWords(error, "screen") });
      },
    );
    return opening;
  }

  /**
   * The target, once it is known and open; one that could not be opened before, or has ended since, is
   * opened again. `undefined` when the waiting for it was stopped.
   *
   * @param words what comes then, for those who have pressed a key before
   * @throws ExperimentError when it cannot be opened
   */
  async #awaitTarget(words: string, signal: AbortSignal): Promise<Target | undefined> {
    const { store } = this;
    const { state, target: opened } = this.#opening;
    if (state === "open" && !(await opened).isGone?.()) return opened;
    const { activity } = store.current;
    store.set({ activity: "opening", awaited: `${words} Esc takes it back.` });
    const open = async () => {
      if (this.#opening.state === "failed" || (await this.#opening.target).isGone?.()) {
        store.forgetEnvironments();
        store.set({ target: describeTarget(store.current.target.choice) });
        this.#opening = this.#openTarget(false);
      }
      return this.#opening.target;
    };
    const target = await unlessAborted(open(), signal).finally(() =>
      store.set({ awaited: undefined }),
    );
    if (target) store.set({ activity });
    return target;
  }

  /** Says before anything is fired what speaks against the plan, what it will meet and cost. */
  async #foresee(): Promise<void> {
    const { plan } = this.store.current;
    const opening = this.#opening;
    const isStale = () => this.store.current.plan !== plan || this.#opening !== opening;
    const target = await opening.target.catch(() => undefined);
    const found = target && (await preflight(plan, target));
    if (isStale()) return;
    this.store.set({ obstacle: found?.obstacle, cost: found?.cost, cautions: [] });
    const cautions = (await target?.cautions?.(plan)) ?? [];
    if (!isStale()) this.store.set({ cautions });
  }

  // Records.

  /** The recorded experiments, the newest first, with what follows from their observations. */
  async listRecords(): Promise<RecordSummary[]> {
    const { concludedAnew, listRecords } = await import("../experiment/records/history.ts");
    try {
      return await concludedAnew(await listRecords());
    } catch (error) {
      this.store.set({ notice: failureWords(error).words });
      return [];
    }
  }

  /** Leaves what is shown instead of the plan, unless something is under way. */
  showPlan(): void {
    if (!this.#work) this.store.showPlan();
  }

  /** Shows a recorded experiment as if it had just ended. */
  replay(path: string): void {
    this.#start(async (signal) => {
      const { replayRecord } = await import("./replay-record.ts");
      this.store.forget({ activity: "reading" });
      this.store.set({ record: path });
      await replayRecord(path, this.store, signal);
    });
  }

  /** Deletes a record for good, unless it is being written, and says why if it cannot be. */
  async deleteRecord(path: string): Promise<boolean> {
    const { deleteRecord } = await import("../experiment/records/record-at-rest.ts");
    try {
      if (this.#work && this.store.current.record === path) {
        this.store.set({ notice: "This record is in use. Delete it when that is over." });
        return false;
      }
      await deleteRecord(path);
      if (this.store.current.record === path) this.store.set({ record: undefined });
      return true;
    } catch (error) {
      this.store.set({ notice: errorWords(error, "screen").message });
      return false;
    }
  }

  /** Makes a page of the experiment that is shown, to send to somebody. */
  saveReport(): void {
    this.#start(async (signal) => {
      const { record, models } = this.store.current;
      const compared = models.flatMap((model) => model.record ?? []);
      const records = record === undefined ? compared : [record];
      if (records.length === 0) return;
      this.store.set({ activity: "reading", failure: undefined, notice: undefined });
      try {
        this.store.set({ notice: `Report: ./${await saveReport(records, signal)}` });
      } catch (error) {
        if (signal.aborted) this.store.set({ notice: "It was stopped: no report was saved." });
        throw error;
      }
    });
  }

  /** Asks the stack's log whether the answers of the experiment that is shown are true. */
  crossCheck(): void {
    this.#start(async (signal) => {
      const { record } = this.store.current;
      if (record === undefined) return;
      const notice = "Reading the stack's log, which lags some seconds behind …";
      this.store.set({ activity: "checking", failure: undefined, notice });
      const { crossCheck } = await import("../experiment/cross-check.ts");
      try {
        this.store.take(await crossCheck(record, signal));
      } catch (error) {
        this.store.set({ notice: undefined });
        throw error;
      }
    });
  }
}

/** What is asked before a plan is fired that costs more than a trifle and can work. */
function questionBefore({ obstacle, cost, needsConsent }: Preflight): string | undefined {
  return needsConsent && cost && obstacle === undefined ? `${costWords(cost)} Fire it?` : undefined;
}

/**
 * What is asked before a plan is fired at several targets, that costs more than a trifle there
 * together.
 */
async function questionBeforeAll(
  plan: Plan,
  found: readonly FoundTarget[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let usd = 0;
  for (const { choice, open } of found) {
    // Only firing at a stack is billed, whose targets open at once.
    if (choice.kind !== "stack") continue;
    const target = await open(signal);
    usd += target.cost?.(plan).usd ?? 0;
  }
  const cost = { usd, basis: `what is known of all ${found.length} models` };
  return needsConsent(cost) ? `${costWords(cost)} Fire it?` : undefined;
}

function importExperiment() {
  return import("../experiment/experiment.ts");
}

async function loadTarget(choice: TargetChoice, signal?: AbortSignal): Promise<Target> {
  const { openTarget } = await import("../experiment/targets/open-target.ts");
  return openTarget(choice, signal);
}

/**
 * Writes the page of a record, or of several beside each other, as `npm run report` makes it, into the
 * folder where the screen was started.
 *
 * @param signal stops it as long as the page is not written; the promise is rejected with its reason
 * @returns the page's name in that folder; one that is there already is never overwritten
 * @throws ExperimentError when the record cannot be read, or the page cannot be written
 */
async function saveReport(records: readonly string[], signal: AbortSignal): Promise<string> {
  const { ensureRegular } = await import("../experiment/records/read-record.ts");
  const { KEPT_IN_PAGE, readExperiment } = await import(
    "../experiment/reports/recorded-experiment.ts"
  );
  const { pageOf } = await import("../experiment/reports/html/comparison-page.ts");
  const { writeReport } = await import("../experiment/command/output.ts");
  // Between what takes long and cannot be stopped: an Esc that was pressed meanwhile is seen.
  const letKeysIn = async () => {
    await setTimeout(KEY_MS);
    signal.throwIfAborted();
  };
  const [first = ""] = records;
  const name = basename(first, ".ndjson");
  let path = `${name}.html`;
  for (let copy = 2; existsSync(path); copy++) path = `${name}-${copy}.html`;
  const read: RecordedExperiment[] = [];
  for (const record of records) {
    await ensureRegular(record);
    read.push(await readExperiment(record, KEPT_IN_PAGE, signal));
  }
  await letKeysIn();
  const page = pageOf(read);
  await letKeysIn();
  await writeReport(path, [page]);
  return path;
}

function failureWords(error: unknown): { words: string } {
  const { message, nextStep } = errorWords(error, "screen");
  return { words: `${message} ${nextStep}` };
}
