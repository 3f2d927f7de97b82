/** The shape of a report as JSON: a public interface, like the record's. */

import * as z from "zod";
import { OUTCOMES } from "../core/record-lines.ts";
import { crossCheckSchema, planSchema, targetSchema, verdictSchema } from "../records/schema.ts";

/** Raised when a reader of the last version could misread a report of the next. */
export const REPORT_VERSION = 1;

const count = z.int().nonnegative();
const conclusion = verdictSchema.omit({ type: true, experiment: true, run: true, role: true });

const latency = z
  .object({ p50: z.number(), p90: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
  .describe("milliseconds from sending to answer, of the requests whose outcome is ok");

const moment = z
  .object({ run: count, atMs: z.number() })
  .describe("a run's index, and milliseconds from its shot by the runner's clock");

const run = z.object({
  run: z.string(),
  index: count,
  startedAt: z.string(),
  planned: count.describe("requests of the plan"),
  observed: count.describe("requests on the record"),
  conclusion,
  latency: latency.optional(),
});

const environment = z.object({
  id: z.string(),
  label: z.string().describe("the short name that reports use"),
  pids: z.array(count),
  instances: count,
  invocations: count,
  first: moment,
  last: moment,
  coldStarts: count,
  mixed: count,
});

const series = z.object({
  plan: planSchema,
  target: targetSchema,
  proves: z.string().describe("what a verdict reached at this target is worth"),
  startedAt: z.string(),
  versions: z.record(z.string(), z.string()),
  conclusion: conclusion.describe("over all runs, computed from the observations"),
  words: z.object({ title: z.string(), finding: z.string(), evidence: z.string() }),
  outcomes: z.partialRecord(z.enum(OUTCOMES), count),
  latency: latency.optional(),
  runs: z.array(run),
  environments: z.array(environment).describe("in order of first use"),
});

const report = z.object({
  type: z.literal("report"),
  schema: z.literal(REPORT_VERSION),
  record: z.string(),
  id: z.string(),
  complete: z.boolean().describe("whether the runner lived to conclude"),
  notes: z.array(z.string()),
  experiment: series.optional(),
  control: series.optional(),
  crossChecks: z.array(crossCheckSchema),
});

const comparison = z.object({
  type: z.literal("comparison"),
  schema: z.literal(REPORT_VERSION),
  differences: z
    .array(z.object({ what: z.string(), values: z.array(z.string()) }))
    .describe("what is not the same for all, one value a record"),
  deployments: z.array(
    z.object({
      target: targetSchema,
      records: z.array(z.string()),
      isolated: count,
      shared: count,
      trials: count,
      bound: z.number().min(0).max(1).optional(),
      words: z.string().optional(),
    }),
  ),
  notes: z.array(z.string()),
  reports: z.array(report),
});

export type JsonSeries = z.infer<typeof series>;
export type JsonReport = z.infer<typeof report>;
export type JsonComparison = z.infer<typeof comparison>;

/** What `npm run report -- --format json` prints, as a JSON Schema. */
export function toJsonSchema(): object {
  return {
    title: "A report or a comparison of Lambda Concurrency Test",
    ...z.toJSONSchema(z.discriminatedUnion("type", [report, comparison]), {
      target: "draft-2020-12",
      io: "output",
    }),
  };
}
