/** How `npm run experiment` ends; 2, for wrong usage, is where its options are read. */
export const EXIT = { verdict: 0, failed: 1, inconclusive: 3, unexpected: 4, interrupted: 130 };
