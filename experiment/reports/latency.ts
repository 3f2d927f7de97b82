/** How long the answers of a record took. */

import type { Evidence } from "../core/verdict/evidence.ts";
import { quantile } from "./numbers.ts";

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
