/**
 * Plan files: the schema of what they hold, which is also published for editors, and the border at
 * which a plan that somebody wrote is checked.
 */

import { basename } from "node:path";
import * as z from "zod";
import { inWords } from "../../basics/counts.ts";
import { fieldOf, namedFields, readJsonFile } from "../../basics/json-files.ts";
import { lengthOf, MAX_CLIENT_LENGTH } from "../../handler/contract.ts";
import { LIMITS, type Plan, type Range, referencePlan } from "../core/plan/plan.ts";

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

const stageSchema = namedFields({
  concurrency: whole(concurrency).describe("Requests in flight at once."),
  requests: whole(requests)
    .optional()
    .describe("How many in all; by default as many as are in flight at once."),
  pauseMs: milliseconds(pauseMs).default(0).describe("The pause before the stage."),
});

const planFileSchema = namedFields({
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
  const read = readJsonFile(path, "plan", (content) => {
    const plan = parsePlanFile(content, basename(path, ".json"));
    return Array.isArray(plan) ? { problems: plan } : { value: plan };
  });
  return "value" in read ? read.value : read.problems;
}

/**
 * Reads what a plan file holds.
 *
 * @param name where the plan names none
 * @returns the plan, or what is wrong, one phrase for each problem that begins with its field
 */
export function parsePlanFile(content: unknown, name: string): Plan | string[] {
  const { data, error } = planFileSchema.safeParse(content);
  if (!data)
    return error.issues.map(({ path, message }) => `${fieldOf(path, "the plan")} ${message}`);
  const { $schema: _, ...plan } = data;
  const stages = plan.stages.map(({ concurrency, requests = concurrency, pauseMs }) => {
    return { concurrency, requests, pauseMs };
  });
  return { ...plan, name: plan.name ?? name, stages };
}

/** The same as a JSON Schema, for editors. */
export function toJsonSchema(): object {
  return {
    title: "A plan of Lambda Concurrency Test",
    ...z.toJSONSchema(planFileSchema, { target: "draft-2020-12", io: "input" }),
  };
}
