/** Figures of a benchmark: ratios, since absolute values differ from machine to machine. */

/** How a figure reads as `--json`: one object a line. */
export interface Figure {
  /** What was measured of ours, its size included. */
  benchmark: string;
  /** The floor or the peer that was measured in the same rounds. */
  against: string;
  /** The median of ours divided by the median of theirs. */
  ratio: number;
  /** The largest ratio that is good enough; `null` where the figure is told for its own sake. */
  target: number | null;
  met: boolean | null;
  /** Ours, in `unit`. */
  min: number;
  median: number;
  max: number;
  /** The median of theirs, in `unit`. */
  peer: number;
  unit: Unit;
}

type Unit = "ms" | "MB" | "requests/s" | "kB" | "trials" | "wake-ups/s" | "exponent";

export interface Comparison {
  benchmark: string;
  against: string;
  ours: readonly number[];
  theirs: readonly number[];
  unit: Unit;
  target?: number;
}

/** Divides the medians, and says whether the target is met. */
export function compare({ benchmark, against, ours, theirs, unit, target }: Comparison): Figure {
  const peer = median(theirs);
  // Nothing against nothing is no worse.
  const ratio = median(ours) === peer ? 1 : median(ours) / peer;
  return {
    benchmark,
    against,
    ratio,
    target: target ?? null,
    met: target === undefined ? null : ratio <= target,
    min: Math.min(...ours),
    median: median(ours),
    max: Math.max(...ours),
    peer,
    unit,
  };
}

/** The middle value; of an even number, the upper one of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
