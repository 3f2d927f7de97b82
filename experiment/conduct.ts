/** An experiment with its record: what the command line and the screen both do. */

import { type ExperimentOptions, runExperiment } from "./core/experiment.ts";
import type { VerdictLine } from "./core/record-lines.ts";
import { RecordFile } from "./records/record-file.ts";
import { VERSION } from "./version.ts";

export interface ConductOptions extends Omit<ExperimentOptions, "versions"> {
  /** Where to record; by default in the platform's data folder. */
  out?: string | undefined;
  /** Called with the record's path once there is something on it. */
  onRecord?: (path: string) => void;
}

export interface Conducted {
  verdict: VerdictLine;
  /** The record's path; absent when nothing was fired. */
  record?: string | undefined;
}

/**
 * Runs an experiment and records each line before handing it on.
 *
 * @throws ExperimentError when the record cannot be written, the plan cannot work at the target, or
 *   arming fails
 */
export async function conduct({
  out,
  onLine,
  onRecord,
  ...options
}: ConductOptions): Promise<Conducted> {
  const record = new RecordFile(out);
  try {
    const verdict = await runExperiment({
      ...options,
      versions: { "lambda-concurrency-test": VERSION, node: process.version },
      onLine: (line) => {
        const isFirst = record.isEmpty;
        record.append(line);
        if (isFirst) onRecord?.(record.path);
        onLine(line);
      },
    });
    return { verdict, ...(!record.isEmpty && { record: record.path }) };
  } finally {
    record.close();
  }
}
