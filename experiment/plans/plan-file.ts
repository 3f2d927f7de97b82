/**
 * Plan files: the schema of what they hold, which is also published for editors, and the border at
 * which a plan that somebody wrote is checked.
 */

import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import * as z from "zod";
import { lengthOf, MAX_CLIENT_LENGTH } from "../../handler/contract.ts";
import { inWords, plural } from "../core/counts.ts";
import { rootMessage } from "../core/errors.ts";
import { LIMITS, type Plan, type Range, referencePlan } from "../core/plan/plan.ts";

/** Far more than a plan needs; what is larger, or has no end, is another file. */
const MAX_BYTES = 10_000_000;
const MOST_PROBLEMS = 5;

const { concurrency, requests, pauseMs, holdMs, steps, runs } = LIMITS;

function whole({ min, max }: Range) {
  const error = `must be a whole number from ${inWords(min)} to ${inWords(max)}`;
  return z.int({ error, abort: true }).min(min, error).max(max, error);
}

function milliseconds({ min, max }: Range) {
  const error = `must be a number of milliseconds from ${inWords(min)} to ${inWords(max)}`;
  return z.number({ error }).min(min, error).max(max, error);
}

function text(what: string) {
  const error = `must be ${what}: a text of 1 to ${MAX_CLIENT_LENGTH} characters`;
  return z
    .string({ error })
    .refine((value) => value.trim() !== "" && lengthOf(value) <= MAX_CLIENT_LENGTH, { error })
    .meta({ pattern: "\\S", maxLength: MAX_CLIENT_LENGTH });
}

function list<T extends z.ZodType>(item: T, what: string, { min, max }: Range) {
  const error = `must be a list of ${inWords(min)} to ${inWords(max)} ${what}`;
  return z.array(item, { error }).min(min, error).max(max, error);
}

function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === "unrecognized_keys" && Array.isArray(keys)
        ? `has no field "${keys[0]}": there are ${names}`
        : `must be an object with ${names}`,
  });
}

const stageSchema = object({
  concurrency: whole(concurrency).describe("Requests in flight at once."),
  requests: whole(requests)
    .optional()
    .describe("How many in all; by default as many as are in flight at once."),
  pauseMs: milliseconds(pauseMs).default(0).describe("The pause before the stage."),
});

const planFileSchema = object({
  name: text("a name").optional().describe("By default the file's name."),
  clients: list(text("a client's name"), "names", { min: 1, max: requests.max })
    .default(referencePlan.clients)
    .describe("Request i of a stage carries client i modulo their number."),
  holdMs: milliseconds(holdMs)
    .default(referencePlan.holdMs)
    .describe("How long the handler awaits simulated I/O."),
  steps: whole(steps).default(referencePlan.steps).describe("Into how many parts it divides that."),
  stages: list(stageSchema, "stages", runs).describe("What is fired, one stage after the other."),
  $schema: z.string().optional().describe("Where this schema is, for editors."),
});

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
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [`${path} does not exist: check its name`];
    }
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

/**
 * Reads what a plan file holds.
 *
 * @param name where the plan names none
 * @returns the plan, or what is wrong, one phrase for each problem that begins with its field
 */
export function parsePlanFile(content: unknown, name: string): Plan | string[] {
  const { data, error } = planFileSchema.safeParse(content);
  if (!data) return error.issues.map(({ path, message }) => `${fieldOf(path)} ${message}`);
  const { $schema: _, ...plan } = data;
  const stages = plan.stages.map(({ concurrency, requests = concurrency, pauseMs }) => {
    return { concurrency, requests, pauseMs };
  });
  return { ...plan, name: plan.name ?? name, stages };
}

/** `stages[0].concurrency`, or `the plan` for the whole. */
function fieldOf(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  return parts.join("").replace(/^\./, "") || "the plan";
}

/** The same as a JSON Schema, for editors. */
export function toJsonSchema(): object {
  return {
    title: "A plan of Lambda Concurrency Test",
    ...z.toJSONSchema(planFileSchema, { target: "draft-2020-12", io: "input" }),
  };
}
