/** Values that nobody may read in what is printed: of authorization, cookies, and cookies that are set. */

import type { CheckEvent } from "./events-file.ts";
import type { Answer } from "./reports/report.ts";

/** A shorter one may be part of anything. */
const LEAST_LENGTH = 4;

/**
 * All of them, longest first. What an event's request has elsewhere as well, such as in its body, is no
 * secret.
 */
export function secretsOf(events: readonly CheckEvent[], answers: readonly Answer[]): string[] {
  const set = answers
    .flatMap(({ headers }) => headers["set-cookie"] ?? [])
    .map((line) => /^[^=]*=([^;]*)/.exec(line)?.[1] ?? "");
  const secrets = new Set([...events.flatMap(({ secretTexts }) => secretTexts), ...set]);
  const open = events.flatMap(({ texts }) => texts);
  return [...secrets]
    .filter(({ length }) => length >= LEAST_LENGTH)
    .filter((secret) => !open.some((text) => text.includes(secret)))
    .sort((one, other) => other.length - one.length);
}

/** A value of JSON without them. Each has a number, so that one is told from another. */
export function masked<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === "string") {
    return secrets.reduce<string>(
      (text, secret, at) => text.replaceAll(secret, () => `[masked ${at + 1}]`),
      value,
    ) as T;
  }
  if (Array.isArray(value)) return value.map((one) => masked(one, secrets)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, masked(one, secrets)]);
  return Object.fromEntries(entries) as T;
}

/** Lines of set-cookie without the cookies' values. */
export function maskedCookies<T>(lines: T): T {
  if (Array.isArray(lines)) return lines.map(maskedCookies) as T;
  if (typeof lines !== "string") return lines;
  return lines.replace(/^([^=]*=)[^;]*/, (_, name: string) => `${name}[masked]`) as T;
}
