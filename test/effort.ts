/** How hard the tests try: `npm run soak` sets SOAK, and everything random is drawn more often. */

import { shuffled } from "../basics/seeded-random.ts";

export const SOAK = process.env.SOAK !== undefined;

/** Picks the number of random inputs of a test. */
export function inputs(short: number, long: number): number {
  return SOAK ? long : short;
}

/**
 * Draws some of what is alike, such as the ways to end a program, and the soak all of it: that each is
 * tried before every commit is worth less than that the tests are run before every commit.
 */
export function drawn<T>(list: readonly T[], count: number): T[] {
  return SOAK ? [...list] : shuffled(list, Math.random).slice(0, count);
}
