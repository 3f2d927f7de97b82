/** An experiment with its record: what the command line and the screen both do. */

import { type ExperimentOptions, runExperiment } from "./core/experiment.ts";
import type { VerdictLine } from "./core/record-lines.ts";
import type { Target } from "./core/target.ts";
import { RecordFile } from "./records/record-file.ts";
import { openTarget } from "./targets/open-target.ts";
import type { TargetChoice } from "./targets/target-choice.ts";
import { VERSION } from "./version.ts";

/**
 * The positive control: the same handler behind one HTTP server in one process. It shows that the
 * analysis and the way to a local process are sound, and nothing of AWS.
 */
const CONTROL: TargetChoice = { kind: "local", model: "web-function" };

export interface ConductOptions extends Omit<ExperimentOptions, "versions" | "control"> {
  /** Whether the plan is fired at the control first. */
  withControl?: boolean;
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
 * @throws ExperimentError when the record cannot be written or kept, the plan cannot work at the
 *   target, or arming fails
 */
export async function conduct({
  out,
  onLine,
  onRecord,
  withControl = false,
  ...options
}: ConductOptions): Promise<Conducted> {
  const record = new RecordFile(out);
  let control: Target | undefined;
  try {
    if (withControl) control = await openTarget(CONTROL, options.signal);
    const verdict = await runExperiment({
      ...options,
      control,
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
    try {
      record.close();
    } finally {
      await control?.close();
    }
  }
}
