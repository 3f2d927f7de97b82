/** Figures of a benchmark: medians and ratios, since absolute times differ from machine to machine. */

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints one line: what was measured, ours, theirs, and ours divided by theirs. */
export function printRatio(
  what: string,
  ours: number,
  name: string,
  theirs: number,
  unit: string,
): void {
  const figures = `ours ${ours.toFixed(1)} ${unit}, ${name} ${theirs.toFixed(1)} ${unit}`;
  console.log(`${what}: ${(ours / theirs).toFixed(2)} × ${name} (${figures})`);
}
