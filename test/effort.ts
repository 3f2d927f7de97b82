/** How hard the tests try: `npm run soak` sets SOAK, and everything random is drawn more often. */

export const SOAK = process.env.SOAK !== undefined;

/** Picks the number of random inputs of a test. */
export function inputs(short: number, long: number): number {
  return SOAK ? long : short;
}
