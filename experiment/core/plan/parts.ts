/**
 * The parts of a plan that several runners fire together: which requests each fires. Each
 * computes it from the plan alone, so that none has to ask another.
 */

/** What one of several runners fires: every `of`-th request of each run, from the `number`-th on. */
export interface Part {
  /** From 1. */
  number: number;
  of: number;
}

/** What a part is called, and the runner that fires it: such as `2/3`. */
function partName({ number, of }: Part): string {
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
