/** How hard the tests try: `npm run soak` sets SOAK, and everything random is drawn more often. */

/** Picks the number of random inputs of a test. */
export function inputs(short: number, long: number): number {
  return process.env.SOAK === undefined ? short : long;
}
