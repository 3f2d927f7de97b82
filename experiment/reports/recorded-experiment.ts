/** A recorded experiment, read once: its evidence, and of the answers as many as are shown. */

import { ExperimentError } from "../core/errors.ts";
import type {
  CrossCheckLine,
  Observation,
  RecordLine,
  Role,
  RunLine,
  VerdictLine,
} from "../core/record-lines.ts";
import { evidenceOf } from "../core/verdict/evidence.ts";
import { EvidenceTable } from "../core/verdict/evidence-table.ts";
import { readRecord } from "../records/read-record.ts";
import { recordName } from "../records/record-text.ts";
import { concludeSeries, type RunReading, type Series } from "./series.ts";

export interface RecordedExperiment {
  path: string;
  /** The experiment's id. */
  id: string;
  /** Absent when the record ends before the experiment itself was fired. */
  experiment?: Series | undefined;
  /** What was fired at a control before. */
  control?: Series | undefined;
  crossChecks: readonly CrossCheckLine[];
  /** Verdicts and cross-checks of other experiments that stand on it, and are left out. */
  foreignLines: number;
  /** Observations of requests that are not `ok` and carry an answer all the same, which is left out. */
  answeredFailures: number;
  /** Says that the record's end was cut off, where it was. */
  cutOff?: string | undefined;
}

/** How many answers are kept whole. */
export interface Kept {
  perRun: number;
  inAll: number;
}

/** A page shows no more, so that it stays small enough to be sent. */
export const KEPT_IN_PAGE: Kept = { perRun: 200, inAll: 1_000 };

/**
 * Reads a record and concludes from its observations; what it says of itself is kept apart.
 *
 * @param signal stops the reading; the promise is then rejected with its reason
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function readExperiment(
  path: string,
  kept: Kept,
  signal?: AbortSignal,
): Promise<RecordedExperiment> {
  const reading = new RecordReading(path, kept);
  for await (const line of readRecord(path, (said) => reading.cutOff(said))) {
    signal?.throwIfAborted();
    reading.take(line);
  }
  return reading.finish();
}

/** The same for who has the lines already, one by one: {@link finish} concludes from them. */
export class RecordReading {
  readonly #path: string;
  readonly #kept: Kept;
  readonly #runs = new Map<string, RunReading>();
  readonly #crossChecks: CrossCheckLine[] = [];
  readonly #verdicts = new Map<Role, VerdictLine>();
  #id: string | undefined;
  #shown = 0;
  #foreign = 0;
  #answeredFailures = 0;
  #cutOff: string | undefined;

  constructor(path: string, kept: Kept) {
    this.#path = recordName(path);
    this.#kept = kept;
  }

  take(line: RecordLine): void {
    switch (line.type) {
      case "observation":
        this.#observe(line);
        break;
      case "run":
        this.#begin(line);
        break;
      case "verdict":
      case "cross-check":
        if (line.experiment !== this.#id) this.#foreign += 1;
        else if (line.type === "verdict") this.#keepVerdict(line);
        else this.#crossChecks.push(line);
    }
  }

  /** @param said that the end of the record was cut off */
  cutOff(said: string): void {
    this.#cutOff = said;
  }

  finish(): RecordedExperiment {
    if (this.#id === undefined) throw this.#unusable("it holds no run");
    const series = (role: Role): Series | undefined => {
      const runs = [...this.#runs.values()].filter((run) => run.line.role === role);
      const control = role === "experiment" ? controlSeries?.conclusion : undefined;
      return concludeSeries(role, runs, this.#verdicts.get(role), control);
    };
    const controlSeries = series("control");
    return {
      path: this.#path,
      id: this.#id,
      experiment: series("experiment"),
      control: controlSeries,
      crossChecks: this.#crossChecks,
      foreignLines: this.#foreign,
      answeredFailures: this.#answeredFailures,
      cutOff: this.#cutOff,
    };
  }

  #begin(line: RunLine): void {
    this.#id ??= line.experiment;
    if (line.experiment !== this.#id) throw this.#unusable("it holds more than one experiment");
    if (this.#runs.has(line.run)) return;
    this.#runs.set(line.run, { line, table: new EvidenceTable(line.run), shown: [] });
  }

  #observe(observation: Observation): void {
    const run = this.#runs.get(observation.run);
    if (!run) throw this.#unusable("an observation is of a run that did not begin");
    run.table.add(evidenceOf(observation));
    if (observation.response !== undefined && observation.outcome !== "ok") {
      this.#answeredFailures += 1;
    }
    const { perRun, inAll } = this.#kept;
    if (observation.index >= perRun || this.#shown >= inAll) return;
    run.shown.push(asShown(observation));
    this.#shown += 1;
  }

  #keepVerdict(line: VerdictLine): void {
    if (line.run === null) this.#verdicts.set(line.role ?? "experiment", line);
    const run = line.run === null ? undefined : this.#runs.get(line.run);
    if (run) run.recorded = line;
  }

  #unusable(why: string): ExperimentError {
    return new ExperimentError("record not reportable", { record: this.#path, why });
  }
}

/** Who was not answered has no answer, whatever else its line says. */
export function asShown(observation: Observation): Observation {
  return observation.outcome === "ok" ? observation : { ...observation, response: undefined };
}
