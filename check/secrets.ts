/** Values that nobody may read in what is printed: of authorization, cookies, and cookies that are set. */

import type { Answer } from "./answers.ts";
import type { CheckEvent } from "./events-file.ts";

export const MASK = "[masked]";

/** A shorter one is masked at its own place alone: it may be part of anything. */
const LEAST_LENGTH = 4;

/** All of them, longest first. */
export function secretsOf(events: readonly CheckEvent[], answers: readonly Answer[]): string[] {
  const secrets = new Set<string>();
  for (const { headers } of events) {
    const { authorization, cookie } = headers;
    if (authorization !== undefined) {
      secrets.add(authorization);
      secrets.add(authorization.replace(/^\S+\s+/, ""));
    }
    for (const one of cookie?.split(";") ?? []) secrets.add(cookieValue(one));
  }
  for (const { headers } of answers) {
    for (const line of [headers["set-cookie"] ?? []].flat()) {
      secrets.add(cookieValue(line.split(";")[0] ?? ""));
    }
  }
  return [...secrets]
    .filter(({ length }) => length >= LEAST_LENGTH)
    .sort((one, other) => other.length - one.length);
}

function cookieValue(pair: string): string {
  return pair.slice(pair.indexOf("=") + 1).trim();
}

/** The same text without them. */
function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, MASK), text);
}

/** A value of JSON without them. */
export function maskedValue<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === "string") return masked(value, secrets) as T;
  if (Array.isArray(value)) return value.map((one) => maskedValue(one, secrets)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [
    masked(name, secrets),
    maskedValue(one, secrets),
  ]);
  return Object.fromEntries(entries) as T;
}
