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
import { evidenceOf, type TellingObservation } from "../core/verdict/evidence.ts";
import { EvidenceTable } from "../core/verdict/evidence-table.ts";
import { readTellingLines } from "../records/read-record.ts";
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
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function readExperiment(path: string, kept: Kept): Promise<RecordedExperiment> {
  const reading = new Reading(path, kept);
  const isWanted = (observation: TellingObservation) => reading.isShown(observation);
  for await (const lines of readTellingLines(path, isWanted)) {
    for (const line of lines) reading.take(line);
  }
  return reading.finish();
}

class Reading {
  readonly #path: string;
  readonly #kept: Kept;
  readonly #runs = new Map<string, RunReading>();
  readonly #crossChecks: CrossCheckLine[] = [];
  readonly #verdicts = new Map<Role, VerdictLine>();
  #id: string | undefined;
  #shown = 0;

  constructor(path: string, kept: Kept) {
    this.#path = path;
    this.#kept = kept;
  }

  isShown({ index }: TellingObservation): boolean {
    return index < this.#kept.perRun && this.#shown < this.#kept.inAll;
  }

  take(line: RecordLine | (TellingObservation & { type?: never })): void {
    switch (line.type) {
      case undefined:
      case "observation":
        this.#observe(line);
        break;
      case "run":
        this.#begin(line);
        break;
      case "verdict":
        this.#keepVerdict(line);
        break;
      case "cross-check":
        this.#crossChecks.push(line);
    }
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
    };
  }

  #begin(line: RunLine): void {
    this.#id ??= line.experiment;
    if (line.experiment !== this.#id) throw this.#unusable("it holds more than one experiment");
    if (this.#runs.has(line.run)) return;
    this.#runs.set(line.run, { line, table: new EvidenceTable(line.run), shown: [] });
  }

  #observe(observation: TellingObservation | Observation): void {
    const run = this.#runs.get(observation.run);
    if (!run) throw this.#unusable("an observation is of a run that did not begin");
    run.table.add(evidenceOf(observation));
    if (!("type" in observation) || !this.isShown(observation)) return;
    run.shown.push(observation);
    this.#shown += 1;
  }

  #keepVerdict(line: VerdictLine): void {
    if (line.run === null) this.#verdicts.set(line.role ?? "experiment", line);
    const run = line.run === null ? undefined : this.#runs.get(line.run);
    if (run) run.recorded = line;
  }

  #unusable(why: string): ExperimentError {
    return new ExperimentError(
      `${this.#path} cannot be reported: ${why}.`,
      "Name a record of one experiment, as `npm run experiment` writes it.",
    );
  }
}
