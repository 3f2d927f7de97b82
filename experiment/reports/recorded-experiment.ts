/** A recorded experiment, read once and concluded anew; what it says of itself is kept apart. */

import { ExperimentError } from "../core/errors.ts";
import { Fold, type Keep, type Series } from "../records/fold.ts";
import { gatherRecords } from "../records/merge-parts.ts";
import { type BegunRecord, followRecord } from "../records/read-record.ts";
import { recordName } from "../records/record-text.ts";

export interface RecordedExperiment
  extends Pick<
    Fold,
    "crossChecks" | "foreignLines" | "answeredFailures" | "readerNotes" | "labels"
  > {
  path: string;
  /** The experiment's id. */
  id: string;
  /** Absent when the record ends before the experiment itself was fired. */
  experiment?: Series | undefined;
  /** What was fired at a control before. */
  control?: Series | undefined;
}

/** A page shows no more answers, so that it stays small enough to be sent. */
export const KEPT_IN_PAGE: Keep = { perRun: 200, inAll: 1_000 };

/**
 * Reads a record and concludes from its observations.
 *
 * @param signal stops the reading; the promise is then rejected with its reason
 * @throws ExperimentError when the file cannot be read, or is no record of one experiment
 */
export async function readExperiment(
  path: string,
  keep: Keep,
  signal?: AbortSignal,
): Promise<RecordedExperiment> {
  const fold = new Fold(keep);
  for await (const _ of followRecord(path, fold)) signal?.throwIfAborted();
  return recordedExperiment(path, fold);
}

/**
 * Reads records: the parts of one experiment as one, and any other file alone, which may hold several
 * experiments, one behind the other.
 *
 * @throws ExperimentError when one cannot be read, or holds no record
 */
export async function readExperiments(
  paths: readonly string[],
  keep: Keep,
): Promise<RecordedExperiment[]> {
  const read: RecordedExperiment[] = [];
  for await (const record of gatherRecords(paths)) read.push(...(await readOne(record, keep)));
  return read;
}

async function readOne(record: BegunRecord, keep: Keep): Promise<RecordedExperiment[]> {
  const folds: Fold[] = [];
  const next = () => {
    const fold = new Fold(keep);
    folds.push(fold);
    return fold;
  };
  for await (const _ of followRecord(record, next(), next));
  return folds.map((fold, index) => {
    const recorded = recordedExperiment(record.path, fold);
    return folds.length === 1 ? recorded : { ...recorded, path: `${recorded.path}, ${index + 1}` };
  });
}

/**
 * What a record that was read says.
 *
 * @throws ExperimentError when it holds no run
 */
export function recordedExperiment(path: string, fold: Fold): RecordedExperiment {
  const { id, labels, crossChecks, foreignLines, answeredFailures, readerNotes } = fold;
  const name = recordName(path);
  if (id === undefined) {
    throw new ExperimentError("record not reportable", { record: name, why: "it holds no run" });
  }
  const fired = (series: Series) => (series.runs.length > 0 ? series : undefined);
  const [experiment, control] = [fired(fold.experiment), fired(fold.control)];
  const left = { foreignLines, answeredFailures, readerNotes };
  return { path: name, id, experiment, control, crossChecks, ...left, labels };
}
