/**
 * The parts of a plan that several runners fire together: which requests each fires, and when. Each
 * computes it from the plan alone, so that none has to ask another.
 */

import { burstOf, type Plan, type Stage, stageDurationMs } from "./plan.ts";

/** What one of several runners fires: every `of`-th request of each run, from the `number`-th on. */
export interface Part {
  /** From 1. */
  number: number;
  of: number;
}

/** Of one runner, which fires it all. */
export const WHOLE: Part = { number: 1, of: 1 };

/** What a part is called, and the runner that fires it: such as `2/3`. */
export function partName({ number, of }: Part): string {
  return `${number}/${of}`;
}

/** The names of all parts, in order. */
export function partNames({ of }: Part): string[] {
  return Array.from({ length: of }, (_, index) => partName({ number: index + 1, of }));
}

/** How many of the first `count` requests of a run are the part's. */
export function shareOf(count: number, { number, of }: Part): number {
  return Math.max(0, Math.ceil((count - (number - 1)) / of));
}

/**
 * How long before the shot a runner begins to open connections and to sign, in milliseconds: the same
 * for all that share the stage.
 */
export function armingMs(stage: Stage, runners: number): number {
  return 2_000 + 2 * Math.ceil(burstOf(stage) / runners);
}

/** A round takes longer than its hold, by the way there and back. */
const ROUNDS_TAKE = 1.5;

/** How long cold starts may take: AWS adds 1,000 environments in ten seconds. */
function coldStartMs(stage: Stage): number {
  return 3_000 + 10 * burstOf(stage);
}

/**
 * When each run is fired, in milliseconds after the first: all runners shall be through with the run
 * before it by then, and armed. A runner that is not fires late, which its record shows. The pause of the
 * first run is not waited for.
 *
 * @param runners how many fire the plan together
 */
export function startOffsets({ stages, holdMs }: Plan, runners: number): number[] {
  let at = 0;
  return stages.map((stage, index) => {
    const before = stages[index - 1];
    if (before) {
      const roundsMs = ROUNDS_TAKE * stageDurationMs(before, holdMs);
      at += Math.ceil(roundsMs + coldStartMs(before) + stage.pauseMs + armingMs(stage, runners));
    }
    return at;
  });
}
