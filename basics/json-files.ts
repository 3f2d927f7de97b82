/** Files of JSON that people write: how they are read, and how what is wrong in them is told. */

import { readFileSync, statSync } from "node:fs";
import * as z from "zod";

/** Far more than anybody writes; what is larger, or has no end, is another file. */
const MAX_BYTES = 10_000_000;
const MOST_PROBLEMS = 5;

/** What was read, or what is wrong, one phrase each. */
export type ReadFile<T> = { value: T } | { problems: string[] };

/**
 * Reads a file of JSON.
 *
 * @param path relative to the working directory
 * @param what it holds, such as `plan`
 * @param parse gives what is wrong one phrase each, of which the first few are kept
 * @returns the value, or what is wrong, behind the path
 */
export function readJsonFile<T>(
  path: string,
  what: string,
  parse: (content: unknown) => ReadFile<T>,
): ReadFile<T> {
  let content: unknown;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { problems: [`${path} is not a file`] };
    if (stats.size > MAX_BYTES) {
      return { problems: [`${path} is larger than 10 MB, which no ${what} is`] };
    }
    content = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return { problems: [`${path} does not exist: check its name`] };
    }
    const why = error instanceof Error ? error.message.replaceAll(/\s+/g, " ") : String(error);
    const fault = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    return { problems: [`${path} ${fault}: ${why}`] };
  }
  const read = parse(content);
  if ("value" in read) return read;
  const { problems } = read;
  const more = problems.length - MOST_PROBLEMS;
  const shown = problems.slice(0, MOST_PROBLEMS).map((problem) => `${path}: ${problem}`);
  if (more <= 0) return { problems: shown };
  return {
    problems: [...shown, `${path}: and ${more} more ${more === 1 ? "problem" : "problems"}`],
  };
}

/** An object that has these fields and no others, and says so. */
export function namedFields<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === "unrecognized_keys" && Array.isArray(keys)
        ? `has no field "${keys[0]}": there are ${names}`
        : `must be an object with ${names}`,
  });
}

/** Where something stands in a file, such as `stages[0].concurrency`. */
export function fieldOf(path: readonly PropertyKey[], whole: string): string {
  const parts = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return parts.join("").replace(/^\./, "") || whole;
}
