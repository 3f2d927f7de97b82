/** What AWS lets a property hold, in the words in which the provider refuses anything else. */

import { isRecord } from "./archive.ts";
import type { Failure, Properties } from "./provider-protocol.ts";

/** Says what is wrong with a value, if anything is. An absent value is judged by nobody. */
export type Rule = (value: unknown) => string | undefined;

/** Applies one rule a property. */
export function judge(inputs: Properties, rules: Record<string, Rule>): Failure[] {
  return Object.entries(rules).flatMap(([property, rule]) => {
    const value = inputs[property];
    const reason = value === undefined ? undefined : rule(value);
    return reason === undefined ? [] : [{ property, reason }];
  });
}

export function whole(min: number, max = Number.MAX_SAFE_INTEGER): Rule {
  return (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `expected a whole number in the range (${min} - ${max}), got ${JSON.stringify(value)}`;
}

export function oneOf(...values: (string | number)[]): Rule {
  return (value) =>
    values.some((allowed) => allowed === value)
      ? undefined
      : `expected one of ${JSON.stringify(values)}, got ${JSON.stringify(value)}`;
}

export function text(pattern: RegExp, maxLength: number): Rule {
  return (value) =>
    typeof value === "string" && pattern.test(value) && value.length <= maxLength
      ? undefined
      : `expected at most ${maxLength} characters that match ${pattern}, got ${JSON.stringify(value)}`;
}

/** A policy's text, which the provider reads before AWS does. */
export const policyDocument: Rule = (value) => {
  try {
    if (isRecord(JSON.parse(String(value)))) return undefined;
  } catch {
    // Said below.
  }
  return "contains an invalid JSON policy";
};

const MAX_TAGS = 50;
/** https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The rules that hold for the tags of every resource. */
export const tags: Rule = (value) => {
  if (!isRecord(value)) return "expected a map of tags";
  const entries = Object.entries(value);
  if (entries.length > MAX_TAGS) return `expected at most ${MAX_TAGS} tags, got ${entries.length}`;
  for (const [key, content] of entries) {
    const says = JSON.stringify(key);
    if (key === "" || key.length > 128) return `the tag key ${says} has not 1 to 128 characters`;
    if (/^aws:/i.test(key)) return `the tag key ${says} begins with aws:, which is reserved`;
    if (typeof content !== "string" || content.length > 256) {
      return `the value of the tag ${says} is no text of at most 256 characters`;
    }
    if (!TAG_CHARACTERS.test(key) || !TAG_CHARACTERS.test(content)) {
      return `the tag ${says} has characters that AWS does not allow`;
    }
  }
  return undefined;
};
