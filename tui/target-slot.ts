/** The session's one target: opened in the background, left for another one, opened anew. */

import { ExperimentError } from "../experiment/core/errors.ts";
import type { Target } from "../experiment/core/target.ts";
import { errorWords } from "../experiment/reports/error-words.ts";
import type { TargetChoice } from "../experiment/targets/target-choice.ts";
import type { ExperimentStore } from "./store.ts";
import { describeKnown, describeTarget } from "./targets.ts";

/** What serves where there is no stack. */
const FALLBACK: TargetChoice = { kind: "local", model: "on-demand" };

export class TargetSlot {
  readonly #store: ExperimentStore;
  /** Ends what is waited for when the session does. */
  readonly #closing = new AbortController();
  #target: Promise<Target>;
  #opened: Target | undefined;
  #hasFailed = false;
  /** Targets that were left, until they have ended. */
  #left: Promise<unknown> = Promise.resolve();

  /**
   * Begins to open the target that the store names.
   *
   * @param mayFallBack whether the embedded Lambda serves where it cannot be opened
   */
  constructor(store: ExperimentStore, mayFallBack: boolean) {
    this.#store = store;
    this.#target = this.#open(mayFallBack);
  }

  /** Aborted when the session ends. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether the target is known and open, so that nothing waits for it. */
  get isOpen(): boolean {
    return this.#opened !== undefined && !this.#opened.isGone?.();
  }

  /** The target, as soon as it is open; `undefined` when it could not be opened. */
  get current(): Promise<Target | undefined> {
    return this.#target.catch(() => undefined);
  }

  /**
   * The target; one that could not be opened before, or has ended since, is opened again.
   *
   * @throws ExperimentError when it cannot be opened
   */
  async open(): Promise<Target> {
    const isGone = this.#hasFailed || (await this.#target).isGone?.();
    if (isGone) {
      this.#store.forgetEnvironments();
      this.#target = this.#open(false);
    }
    return this.#target;
  }

  /** Leaves the target for the one that the store names now. */
  replace(): void {
    const left = this.#target;
    this.#target = this.#open(false);
    const closing = left.then((previous) => previous.close()).catch(() => {});
    this.#left = Promise.all([this.#left, closing]);
  }

  /** Says before anything is fired what speaks against the plan, what it will meet and cost. */
  async check(): Promise<void> {
    const { plan } = this.#store.current;
    const asked = this.#target;
    const target = await asked.catch(() => undefined);
    const isStale = () => this.#store.current.plan !== plan || this.#target !== asked;
    const [obstacle] = (await target?.obstacles(plan)) ?? [];
    if (isStale()) return;
    this.#store.set({ obstacle, cost: target?.cost?.(plan), cautions: [] });
    const cautions = (await target?.cautions?.(plan)) ?? [];
    if (!isStale()) this.#store.set({ cautions });
  }

  /** Ends the target, and waits for those that were left. */
  async close(): Promise<void> {
    this.#closing.abort();
    const target = await this.current;
    await Promise.all([target?.close(), this.#left]);
  }

  #open(mayFallBack: boolean): Promise<Target> {
    this.#hasFailed = false;
    this.#opened = undefined;
    const { choice } = this.#store.current.target;
    const first = this.#load(choice);
    const opening: Promise<Target> = mayFallBack
      ? first.catch((error) => this.#fallBack(error, () => this.#target === opening))
      : first;
    opening.then(
      (opened) => {
        if (this.#target !== opening) return;
        this.#opened = opened;
        const { target } = this.#store.current;
        this.#store.set({ target: { ...target, ...describeKnown(opened.description) } });
        void this.check();
      },
      (error) => {
        // The user may have left this target for another one meanwhile.
        if (this.#target !== opening || this.closing.aborted) return;
        this.#hasFailed = true;
        this.#store.set({ failure: errorWords(error, "screen") });
      },
    );
    return opening;
  }

  async #load(choice: TargetChoice): Promise<Target> {
    const { openTarget } = await import("../experiment/targets/open-target.ts");
    return openTarget(choice, this.closing);
  }

  /** Fires at this machine where there is no stack to fire at, and says why. */
  #fallBack(error: unknown, isWanted: () => boolean): Promise<Target> {
    if (!isWanted() || this.closing.aborted || !(error instanceof ExperimentError)) throw error;
    const { notice } = this.#store.current;
    const { message, nextStep } = errorWords(error, "screen");
    const why = `No stack to fire at. ${message} ${nextStep}`;
    this.#store.set({
      target: describeTarget(FALLBACK),
      // What was wrong with the settings is not said again.
      notice: notice === undefined ? why : `${notice} ${why}`,
    });
    return this.#load(FALLBACK);
  }
}
