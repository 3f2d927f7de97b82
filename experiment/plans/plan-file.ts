/** Reads plan files: the border at which a plan that somebody wrote is checked. */

import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { rootMessage } from "../core/errors.ts";
import { plural } from "../core/numbers.ts";
import type { Plan } from "../core/plan/plan.ts";
import { parsePlanFile } from "./schema.ts";

/** Far more than a plan needs; what is larger, or has no end, is another file. */
const MAX_BYTES = 10_000_000;
const MOST_PROBLEMS = 5;

/**
 * Reads a plan file.
 *
 * @param path relative to the working directory
 * @returns the plan, or what is wrong, one phrase each with the file and the field
 */
export function readPlanFile(path: string): Plan | string[] {
  let content: unknown;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return [`${path} is not a file`];
    if (stats.size > MAX_BYTES) return [`${path} is larger than 10 MB, which no plan is`];
    content = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    const why = rootMessage(error);
    const what = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    return [`${path} ${what}: ${why}`];
  }
  const plan = parsePlanFile(content, basename(path, ".json"));
  if (!Array.isArray(plan)) return plan;
  const more = plan.length - MOST_PROBLEMS;
  const shown = plan.slice(0, MOST_PROBLEMS).map((problem) => `${path}: ${problem}`);
  return more > 0 ? [...shown, `${path}: and ${plural(more, "more problem")}`] : shown;
}
