/** Conclusions over observations of known processes. */

import type { Conclusion, Observation } from "../experiment/core/record-lines.ts";
import { concludeExperiment } from "../experiment/core/verdict/conclude.ts";
import { evidenceOf } from "../experiment/core/verdict/evidence.ts";
import { observe, type Schedule, type Visit } from "./schedules.ts";

/** Concludes over one run. */
export function conclude(observations: readonly Observation[], holdMs?: number): Conclusion {
  return concludeRuns([observations], holdMs);
}

/** Concludes over runs that follow one another. */
export function concludeRuns(
  runs: readonly (readonly Observation[])[],
  holdMs = 1_000,
): Conclusion {
  return concludeExperiment(
    runs.map((observations) => {
      return { concurrency: observations.length, holdMs, requests: observations.map(evidenceOf) };
    }),
  );
}

/** Concludes over what a runner observes of a schedule. */
export function concludeSchedule({ visits, clockOffsets }: Schedule): Conclusion {
  return conclude(observe(visits, clockOffsets));
}

/** Five at once, each in a process of its own unless said otherwise. */
export function burst(processes: readonly number[], changes: Partial<Visit> = {}): Visit[] {
  return processes.map((process, index) => ({
    process,
    thread: 0,
    sentAt: 0,
    begin: 10 + index,
    end: 1_010 + index,
    answeredAt: 1_020 + index,
    lost: false,
    ...changes,
  }));
}
