/**
 * The filter patterns of CloudWatch Logs for lines of JSON, as far as they are used here: a selector
 * that equals a text, whose end may be left open, and several of those joined by `||`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */

import { isRecord } from "./properties.ts";

const COMPARISON = /^\(?\s*\$((?:\.\w+)+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*\)?$/;

/**
 * Reads a pattern.
 *
 * @returns whether a line matches it; `undefined` for a pattern that is not understood
 */
export function filterPattern(pattern: string): ((line: string) => boolean) | undefined {
  const [, inside] = /^\s*\{\s*(.*?)\s*\}\s*$/s.exec(pattern) ?? [];
  if (inside === undefined) return pattern.trim() === "" ? () => true : undefined;
  const comparisons = inside.split("||").map((text) => comparison(text.trim()));
  if (comparisons.includes(undefined)) return undefined;
  return (line) => {
    const value = parse(line);
    return comparisons.some((matches) => matches?.(value));
  };
}

function comparison(text: string): ((value: unknown) => boolean) | undefined {
  const [, path, quoted] = COMPARISON.exec(text) ?? [];
  if (path === undefined || quoted === undefined) return undefined;
  const names = path.slice(1).split(".");
  const expected = quoted.replaceAll(/\\(.)/g, "$1");
  const escaped = expected.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
  const wanted = new RegExp(`^${escaped.replaceAll("*", ".*")}$`, "s");
  return (value) => {
    let found = value;
    for (const name of names) found = isRecord(found) ? found[name] : undefined;
    return typeof found === "string" && wanted.test(found);
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
