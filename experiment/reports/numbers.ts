/** Numbers and times as they are shown. */

import { inWords } from "../../basics/counts.ts";
import { MOST_MS } from "../core/record-lines.ts";
import type { Evidence } from "../core/verdict/evidence.ts";

/** No evidence bounds a probability closer: that would take more requests than anybody ever sends. */
const LEAST_PERCENT = 1e-9;

/** A probability with two significant digits: `31 %`, `3.0 %`, `0.30 %`, `0.00030 %`. */
export function percent(probability: number): string {
  const value = probability * 100;
  if (value > 0 && value < LEAST_PERCENT) return `<${LEAST_PERCENT} %`;
  const decimals = value > 0 ? Math.max(0, 1 - Math.floor(Math.log10(value))) : 0;
  return `${value.toFixed(decimals)} %`;
}

/** Seconds with two decimals, of milliseconds; of what no experiment takes, that it is absurd. */
export function seconds(ms: number): string {
  // Less than what is shown of it is how clocks differ.
  if (ms < 0) return ms > -5 ? "0.00 s" : "<0 s";
  if (!(ms <= MOST_MS)) return `>${inWords(MOST_MS / 1_000)} s`;
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** The least and the greatest of some numbers, `1 to 16`, or the one that they all are. */
export function range(values: readonly number[], words: (value: number) => string): string {
  const least = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const greatest = values.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  return least === greatest ? words(least) : `${words(least)} to ${words(greatest)}`;
}

/** The value below which the share `q` of the sorted values lies; 0 of none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Milliseconds from sending to answer, of the requests whose outcome is `ok`. */
export interface Latency {
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

/** @returns `undefined` when no request was answered */
export function latencyOf(requests: Iterable<Evidence>): Latency | undefined {
  const values: number[] = [];
  for (const { outcome, sentAt, answeredAt } of requests) {
    if (outcome !== "ok" || sentAt === undefined || answeredAt === undefined) continue;
    values.push(answeredAt - sentAt);
  }
  if (values.length === 0) return undefined;
  const sorted = new Float64Array(values).sort();
  const at = (q: number) => quantile(sorted, q);
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** A moment in the reader's own time zone, to the minute: `2026-11-23 21:47`. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A moment of a record, to the minute: `2026-11-23 21:47 UTC`. */
export function utcTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
