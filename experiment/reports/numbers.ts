/** Numbers as they are shown. */

export { inWords, plural } from "../core/numbers.ts";

/** A probability with two significant digits: `31 %`, `3.0 %`, `0.30 %`, `0.00030 %`. */
export function percent(probability: number): string {
  const value = probability * 100;
  const decimals = value > 0 ? Math.max(0, 1 - Math.floor(Math.log10(value))) : 0;
  return `${value.toFixed(decimals)} %`;
}

/** Seconds with two decimals, of milliseconds. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** The value below which the share `q` of the sorted values lies; 0 of none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** A moment in the reader's own time zone, to the minute: `2026-11-23 21:47`. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
