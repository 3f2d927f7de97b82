/** The experiment as a program of its own, with what it has recorded so far. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation, RecordLine } from "../../experiment/core/record-lines.ts";
import { type Running, start, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";

export interface RecordedRun {
  running: Running;
  /** What stands on the record now, whole lines only. */
  record: () => RecordLine[];
  /** Names of what is in the folder for temporary files, which nobody else uses. */
  temporary: () => string[];
}

/** Starts an experiment in a data folder of its own. */
export function startExperiment(...args: string[]): RecordedRun {
  const [data, temporary] = [temporaryFolder(), temporaryFolder()];
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary };
  const running = start("experiment/command/run-experiment.ts", args, env);
  return {
    running,
    record: () => wholeLines(recordsIn(data)[0]),
    temporary: () => readdirSync(temporary),
  };
}

/** Paths of the records in a data folder, the oldest first. */
export function recordsIn(data: string): string[] {
  const folder = join(data, "records");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** A record's lines; one that is being written, or was cut off, has no end and is left out. */
export function wholeLines(path: string | undefined): RecordLine[] {
  const text = path === undefined ? "" : readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole === "" ? [] : linesOf(whole);
}

export function onlyObservations(lines: readonly RecordLine[]): Observation[] {
  return lines.filter((line): line is Observation => line.type === "observation");
}
