/** The record's schema, at the border: what is read is checked here, what is written is typed. */

import * as z from "zod";
import { answerSchema } from "../core/firing/answer-schema.ts";
import { OUTCOMES, type RecordLine, SCHEMA_VERSION } from "../core/record-lines.ts";

const count = z.int().nonnegative();
const ms = z.number();
/** Three years by the runner's clock: no experiment takes longer, and sums of it are numbers. */
export const MOST_MS = 1e11;
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
    schema: z.literal(SCHEMA_VERSION),
    experiment: z.string(),
    run: z.string(),
    index: count.describe("which of the plan's stages, from 0"),
    role: z.enum(["experiment", "control"]),
    plan: planSchema,
    target: targetSchema,
    startedAt: time,
    versions: z.record(z.string(), z.string()),
  })
  .refine(({ index, plan }) => index < plan.stages.length, {
    path: ["index"],
    message: "below the number of the plan's stages",
  });

const observationSchema = z.object({
  type: z.literal("observation"),
  run: z.string(),
  index: count,
  client: z.string(),
  outcome: z.enum(OUTCOMES),
  status: z.int().optional(),
  requestId: z.string().optional(),
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

/** The same as a JSON Schema, for readers in any language. */
export function toJsonSchema(): object {
  return {
    title: "One line of a record of Lambda Concurrency Test",
    ...z.toJSONSchema(recordLineSchema, { target: "draft-2020-12", io: "input" }),
  };
}
