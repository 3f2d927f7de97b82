/** What a plan file may hold: the fields of a record's `plan`, within the limits of any plan. */

import * as z from "zod";
import { lengthOf, MAX_CLIENT_LENGTH } from "../../handler/contract.ts";
import { inWords } from "../core/numbers.ts";
import { LIMITS, type Plan, referencePlan } from "../core/plan/plan.ts";

const { concurrency, requests, pauseMs, holdMs, steps, runs } = LIMITS;

interface Range {
  min: number;
  max: number;
}

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
