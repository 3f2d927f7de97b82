/** A window on more lines than there is room for. */

import { inWords } from "../../experiment/reports/numbers.ts";

/**
 * Moves a window as little as it takes to show a range of lines; of a range that is higher than the
 * window, its beginning.
 *
 * @returns the first visible line
 */
export function scrollTo(
  { offset, height, total }: { offset: number; height: number; total: number },
  range: { start: number; end: number },
): number {
  const shown = Math.max(offset, range.end - height);
  return Math.max(0, Math.min(shown, range.start, Math.max(0, total - height)));
}

/** Which part of a list is seen: `1–12 of 1,000`; nothing when all is. */
export function positionWords(first: number, last: number, total: number): string | undefined {
  if (first === 1 && last >= total) return undefined;
  const [from, to, of] = [first, Math.min(last, total), total].map(inWords);
  return `${from}–${to} of ${of}`;
}
