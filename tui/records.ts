/** What the keys do with records: list, replay and delete them, report on one, and cross-check it. */

import { rootMessage } from "../experiment/core/errors.ts";
import type { RecordSummary } from "../experiment/records/history.ts";
import type { ExperimentStore } from "./store.ts";
import type { Work } from "./work.ts";

export class Records {
  readonly #store: ExperimentStore;
  readonly #work: Work;

  constructor(store: ExperimentStore, work: Work) {
    this.#store = store;
    this.#work = work;
  }

  /** Makes a page of the experiment that is shown, to send to somebody. */
  saveReport(): void {
    this.#work.start(async (signal) => {
      const { record } = this.#store.current;
      if (record === undefined) return;
      this.#store.set({ activity: "reading", failure: undefined, notice: undefined });
      const { saveReport } = await import("./save-report.ts");
      try {
        this.#store.set({ notice: `Report: ./${await saveReport(record, signal)}` });
      } catch (error) {
        if (signal.aborted) this.#store.set({ notice: "It was stopped: no report was saved." });
        throw error;
      }
    });
  }

  /** Asks the stack's log whether the answers of the experiment that is shown are true. */
  crossCheck(): void {
    this.#work.start(async (signal) => {
      const { record } = this.#store.current;
      if (record === undefined) return;
      const notice = "Reading the stack's log, which lags some seconds behind …";
      this.#store.set({ activity: "checking", failure: undefined, notice });
      const { crossCheck } = await import("../experiment/cross-check.ts");
      try {
        this.#store.take(await crossCheck(record, signal));
      } catch (error) {
        this.#store.set({ notice: undefined });
        throw error;
      }
    });
  }

  /** Shows a recorded experiment as if it had just ended. */
  replay(path: string): void {
    this.#work.start(async (signal) => {
      const { replayRecord } = await import("./replay-record.ts");
      this.#store.forget({ activity: "reading" });
      this.#store.set({ record: path });
      await replayRecord(path, this.#store, signal);
    });
  }

  /** The recorded experiments, the newest first, with what follows from their observations. */
  async list(): Promise<RecordSummary[]> {
    const { concludedAnew, listRecords } = await import("../experiment/records/history.ts");
    return concludedAnew(await listRecords());
  }

  /** Deletes a record for good, unless it is being written, and says why if it cannot be. */
  async remove(path: string): Promise<boolean> {
    const { deleteRecord } = await import("../experiment/records/record-at-rest.ts");
    try {
      if (this.#work.isUnderWay && this.#store.current.record === path) {
        this.#store.set({ notice: "This record is in use. Delete it when that is over." });
        return false;
      }
      await deleteRecord(path);
      if (this.#store.current.record === path) this.#store.set({ record: undefined });
      return true;
    } catch (error) {
      this.#store.set({ notice: `The record could not be deleted: ${rootMessage(error)}.` });
      return false;
    }
  }
}
