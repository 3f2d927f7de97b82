/**
 * The record's schema, at the border: what is read is checked here, what is written is typed. And what
 * is wrong with a line that does not keep to it, in words: where, what stands there, and what may.
 */

import * as z from "zod";
import { answerSchema } from "../core/firing/answers.ts";
import { MOST_MS, OUTCOMES, type RecordLine, SCHEMA_VERSIONS } from "../core/record-lines.ts";

const count = z.int().nonnegative();
const ms = z.number();
const moment = z.number().min(-MOST_MS).max(MOST_MS);
const duration = z.number().min(0).max(MOST_MS);
/** Read as UTC, whatever its offset: times are compared as texts. */
const time = z.iso
  .datetime({ offset: true, abort: true })
  .overwrite((text) => new Date(text).toISOString());

export const planSchema = z.object({
  name: z.string(),
  clients: z.array(z.string()).min(1),
  holdMs: duration,
  steps: z.int().positive(),
  stages: z
    .array(z.object({ concurrency: z.int().positive(), requests: count, pauseMs: duration }))
    .min(1),
});

export const targetSchema = z.object({
  kind: z.enum(["local", "stack", "url"]),
  model: z.string().optional(),
  url: z.string(),
  stack: z.string().optional(),
  functionName: z.string().optional(),
  region: z.string().optional(),
  logGroupName: z.string().optional(),
  deployment: z.string().optional(),
});

const runSchema = z
  .object({
    type: z.literal("run"),
    schema: z.literal(SCHEMA_VERSIONS),
    experiment: z.string(),
    run: z.string(),
    index: count.describe("which of the plan's stages, from 0"),
    role: z.enum(["experiment", "control"]),
    plan: planSchema,
    target: targetSchema,
    startedAt: time,
    runners: z.array(z.string().min(1)).min(1).optional(),
    runner: z.string().min(1).optional(),
    startAt: time.optional(),
    versions: z.record(z.string(), z.string()),
  })
  .refine(({ index, plan }) => index < plan.stages.length, {
    path: ["index"],
    message: "below the number of the plan's stages",
  })
  .refine(({ runner, runners = [] }) => runner === undefined || runners.includes(runner), {
    path: ["runner"],
    message: "one of runners",
  });

const observationSchema = z.object({
  type: z.literal("observation"),
  run: z.string(),
  index: count,
  client: z.string(),
  runner: z.string().min(1).optional(),
  outcome: z.enum(OUTCOMES),
  status: z.int().optional(),
  requestId: z.string().optional(),
  logStream: z.string().min(1).optional(),
  sentAt: moment.optional(),
  answeredAt: moment.optional(),
  message: z.string().optional(),
  response: answerSchema.optional(),
});

const partySchema = z.object({
  run: z.string(),
  index: count,
  client: z.string(),
  requestId: z.string(),
  enteredMs: ms,
  leftMs: ms,
});

export const verdictSchema = z.object({
  type: z.literal("verdict"),
  experiment: z.string(),
  run: z.string().nullable(),
  role: z.literal("control").optional(),
  verdict: z.enum(["isolated", "shared", "inconclusive"]),
  sharing: z.enum(["globals", "process"]).optional(),
  reason: z.string().optional(),
  environments: count,
  processes: count,
  instances: count,
  coldStarts: count,
  overlaps: count,
  mixed: count,
  trials: count,
  warmTrials: count,
  bound: z.number().min(0).max(1).optional(),
  witness: z
    .object({
      environment: z.string(),
      pid: count,
      first: partySchema,
      second: partySchema.optional(),
    })
    .optional(),
  outcomes: z.partialRecord(z.enum(OUTCOMES), count),
  wallMs: ms,
  skewMs: ms,
  memory: z.enum(["kept", "not seen"]).optional(),
});

export const crossCheckSchema = z.object({
  type: z.literal("cross-check"),
  experiment: z.string(),
  source: z.literal("cloudwatch-logs"),
  logGroupName: z.string(),
  region: z.string(),
  from: time,
  to: time,
  requests: count,
  streams: count,
  initialized: count,
  notCompared: z.literal("cold starts").optional(),
  agreement: z.boolean(),
  differences: z.array(z.string()),
  console: z.string(),
});

/** One line of a record. */
export const recordLineSchema: z.ZodType<RecordLine> = z.discriminatedUnion("type", [
  runSchema,
  observationSchema,
  verdictSchema,
  crossCheckSchema,
]);

/** The schema of a line as a JSON Schema, for readers in any language. */
export function toJsonSchema(): object {
  return {
    title: "One line of a record of Lambda Concurrency Test",
    ...z.toJSONSchema(recordLineSchema, { target: "draft-2020-12", io: "input" }),
  };
}

/** As much of a JSON Schema as a record's has. */
interface Schema {
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  items?: Schema;
  oneOf?: readonly Schema[];
}

const TIME = "a time as ISO 8601 has it, with Z or its offset, such as 2026-11-30T10:00:00+01:00";
/** As much of a value as a message has room for. */
const LONGEST_VALUE = 60;

export interface LineProblem {
  words: string;
  /** Where not, it may be a line that was cut off. */
  isJson: boolean;
}

/** Says why a text is no line of a record. What is around it on the line does not matter. */
export function lineProblem(text: string): LineProblem {
  let line: unknown;
  try {
    line = JSON.parse(text.trim());
  } catch {
    return { words: `it is ${shortened(text.trim())}, and must be a JSON object`, isJson: false };
  }
  const issue = recordLineSchema.safeParse(line).error?.issues[0];
  return { words: issue ? issueInWords(issue, line) : "it is none", isJson: true };
}

function issueInWords(issue: z.core.$ZodIssue, line: unknown): string {
  const where = nameOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const names = inWords(schemaAt(issue.path, line)?.propertyNames);
    return `a name in ${where} is ${shortened(issue.keys[0])}, and must be ${names}`;
  }
  const value = issue.path.reduce<unknown>(
    (parent, key) => (parent as Record<PropertyKey, unknown>)[key],
    line,
  );
  const what = value === undefined ? "is missing" : `is ${shortened(value)}`;
  const allowed = issue.code === "custom" ? issue.message : inWords(schemaAt(issue.path, line));
  return `${where} ${what}, and must be ${allowed}`;
}

/** Such as `plan.stages[0].requests`. */
function nameOf(path: readonly PropertyKey[]): string {
  const name = path.map((key) =>
    typeof key === "number" ? `[${key}]` : `.${String(key).slice(0, LONGEST_VALUE)}`,
  );
  return name.join("").replace(/^\./, "") || "it";
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length <= LONGEST_VALUE) return text;
  return `${text.slice(0, LONGEST_VALUE)}…`;
}

/** What the published schema says of a field, of a line of that type. */
function schemaAt(path: readonly PropertyKey[], line: unknown): Schema | undefined {
  const lines = (toJsonSchema() as Schema).oneOf ?? [];
  if (path.length === 0) return { type: "object" };
  const types = lines.map((one) => one.properties?.type?.const);
  const { type } = line as { type?: unknown };
  let schema: Schema | undefined = lines[types.indexOf(type)];
  // Of a line of no known type only the type can be wrong.
  if (!schema) return { enum: types };
  for (const key of path) schema = within(schema, key);
  return schema;
}

function within(schema: Schema | undefined, key: PropertyKey): Schema | undefined {
  if (typeof key === "number") return schema?.items;
  const { properties, additionalProperties } = schema ?? {};
  const others = typeof additionalProperties === "object" ? additionalProperties : undefined;
  return properties?.[String(key)] ?? others;
}

function inWords(schema: Schema = {}): string {
  const { type, format, minLength, minItems } = schema;
  if (typeof type === "object")
    return type.map((one) => inWords({ ...schema, type: one })).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return listed(schema.enum.map((value) => JSON.stringify(value)));
  if (format === "date-time") return TIME;
  switch (type) {
    case "integer":
      return `a whole number${rangeOf(schema)}`;
    case "number":
      return `a number${rangeOf(schema)}`;
    case "string":
      return minLength === undefined ? "a text" : "a text that is not empty";
    case "array":
      return minItems === undefined ? "a list" : "a list that is not empty";
    case "boolean":
      return "true or false";
    default:
      return type === "null" ? "null" : "an object";
  }
}

/** Beyond the whole numbers that are exact there is no limit of the field's own. */
function rangeOf({ exclusiveMinimum, minimum, maximum }: Schema): string {
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1;
  const hasLeast = least !== undefined && least > Number.MIN_SAFE_INTEGER;
  const hasMost = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (hasLeast && hasMost) return ` from ${least} to ${maximum}`;
  return hasLeast ? `, ${least} or more` : "";
}

function listed(values: readonly string[]): string {
  const last = values.length - 1;
  return last < 1 ? values.join() : `${values.slice(0, last).join(", ")} or ${values[last]}`;
}
