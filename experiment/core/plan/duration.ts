/** Durations as people write them, and back. */

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/**
 * Reads `5s`, `250 ms`, `1.5 s`, `2m` or a bare number, which is taken as seconds.
 *
 * @returns milliseconds, or `undefined` when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNIT_MS[match?.[2]?.toLowerCase() || "s"];
  if (!match || unit === undefined) return undefined;
  // Rounded to the microsecond: 0.1 × 1,000 must be 100.
  return Math.round(Number(match[1]) * unit * 1_000) / 1_000;
}

/** Writes milliseconds as `250 ms`, `5 s`, `1.5 s` or `2 min`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${trim(ms, 0)} ms`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${trim(ms / 1_000, 2)} s`;
}

/** Writes milliseconds so that they are read back as they were; in short words where these are exact. */
export function formatExactly(ms: number): string {
  const words = formatDuration(ms);
  return parseDuration(words) === ms ? words : `${ms} ms`;
}

function trim(value: number, decimals: number): string {
  return String(Number(value.toFixed(decimals)));
}
