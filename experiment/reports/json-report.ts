/** A recorded experiment as one JSON object, and the shape of it: a public interface, like the record's. */

import * as z from "zod";
import { OUTCOMES } from "../core/record-lines.ts";
import { targetIdentity } from "../core/target.ts";
import { trialsByRunner } from "../core/verdict/conclude.ts";
import type { Labels } from "../records/environment-labels.ts";
import type { RunState, Series } from "../records/fold.ts";
import { crossCheckSchema, planSchema, targetSchema, verdictSchema } from "../records/schema.ts";
import { PROVES } from "../targets/open-target.ts";
import type { Comparison } from "./comparison.ts";
import { environmentRows } from "./environment-rows.ts";
import { latencyOf } from "./numbers.ts";
import { isConcluded, recordNotes, runnersOf } from "./record-notes.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";
import { pooledWords, verdictWords } from "./words.ts";

/** Raised when a reader of the last version could misread a report of the next. */
const REPORT_VERSION = 1;

const count = z.int().nonnegative();
const outcomes = z.partialRecord(z.enum(OUTCOMES), count).meta({ id: "outcomes" });
const plan = planSchema.meta({ id: "plan" });
const target = targetSchema.meta({ id: "target" });
const crossCheck = crossCheckSchema.meta({ id: "crossCheck" });
const conclusion = verdictSchema
  .omit({ type: true, experiment: true, run: true, role: true })
  .extend({ outcomes })
  .meta({ id: "conclusion" });

const latency = z
  .object({ p50: z.number(), p90: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
  .meta({
    id: "latency",
    description: "milliseconds from sending to answer, of the requests whose outcome is ok",
  });

const moment = z
  .object({
    run: count,
    atMs: z.number(),
    runner: z.string().optional().describe("whose clock it is, where it is named"),
  })
  .meta({
    id: "moment",
    description: "a run's index, and milliseconds from its runner's shot by that runner's clock",
  });

const runner = z
  .object({
    name: z.string().optional().describe("absent: of requests that name no runner"),
    fired: z.boolean().describe("whether anything that it fired is on the record"),
    planned: count.optional().describe("requests of its part"),
    observed: count.describe("those on the record, each counted once"),
    startedAt: z.string().optional().describe("when its shot fell, by its own clock"),
    lateMs: z.number().optional().describe("from the agreed time to its shot; below 0: too early"),
    trials: count,
  })
  .meta({ id: "runner" });

const run = z.object({
  run: z.string(),
  index: count,
  target: target.optional().describe("where it was fired, if elsewhere than the first run"),
  startedAt: z.string(),
  planned: count.describe("requests of the plan"),
  observed: count.describe("requests on the record"),
  runners: z
    .array(runner)
    .optional()
    .describe("those that were to fire parts of it, in order; absent where one fires it all"),
  conclusion,
  latency: latency.optional(),
});

const environment = z.object({
  id: z.string(),
  label: z.string().describe("the short name that reports use"),
  logStream: z.string().optional().describe("where the service names it"),
  pids: z.array(count),
  instances: count,
  invocations: count,
  first: moment,
  last: moment,
  coldStarts: count,
  mixed: count,
});

const series = z
  .object({
    plan,
    target,
    proves: z.string().describe("what a verdict reached at this target is worth"),
    startedAt: z.string(),
    versions: z.record(z.string(), z.string()),
    conclusion: conclusion.describe("over all runs, computed from the observations"),
    words: z.object({ title: z.string(), finding: z.string(), evidence: z.string() }),
    outcomes,
    latency: latency.optional(),
    runs: z.array(run),
    environments: z.array(environment).describe("in order of first use"),
  })
  .meta({ id: "series" });

const report = z
  .object({
    type: z.literal("report"),
    schema: z.literal(REPORT_VERSION),
    record: z.string(),
    id: z.string(),
    complete: z.boolean().describe("whether the runner lived to conclude"),
    notes: z.array(z.string()),
    experiment: series.optional(),
    control: series.optional(),
    crossChecks: z.array(crossCheck),
  })
  .meta({ id: "report" });

const comparison = z.object({
  type: z.literal("comparison"),
  schema: z.literal(REPORT_VERSION),
  differences: z
    .array(z.object({ what: z.string(), values: z.array(z.string()) }))
    .describe("what is not the same for all, one value a record"),
  deployments: z.array(
    z.object({
      target,
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

type JsonSeries = z.infer<typeof series>;
type JsonReport = z.infer<typeof report>;
type JsonComparison = z.infer<typeof comparison>;

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

/** The report as plain data; `report.schema.json` describes it. */
export function jsonReport(recorded: RecordedExperiment): JsonReport {
  const { path, id, experiment, control, crossChecks, labels } = recorded;
  return {
    type: "report",
    schema: REPORT_VERSION,
    record: path,
    id,
    complete: isConcluded(recorded),
    notes: recordNotes(recorded),
    experiment: experiment && jsonSeries(experiment, labels),
    control: control && jsonSeries(control, labels),
    crossChecks: [...crossChecks],
  };
}

/** Several records beside each other, as plain data. */
export function jsonComparison(comparison: Comparison): JsonComparison {
  const { records, aspects, deployments, notes } = comparison;
  return {
    type: "comparison",
    schema: REPORT_VERSION,
    differences: aspects
      .filter(({ isSame }) => !isSame)
      .map(({ what, values }) => ({ what, values: [...values] })),
    deployments: deployments.map(({ target, records: paths, pooled }) => ({
      target,
      records: [...paths],
      ...pooled,
      words: pooledWords(pooled),
    })),
    notes: [...notes],
    reports: records.map(jsonReport),
  };
}

function jsonSeries({ line, runs, conclusion }: Series, labels: Labels): JsonSeries {
  const { plan, target, startedAt, versions } = line;
  const latencies = runs.map(({ requests }) => latencyOf(requests));
  // A run of a million requests is not sorted twice.
  const isOne = runs.length === 1;
  return {
    plan,
    target,
    proves: PROVES[target.kind],
    startedAt,
    versions,
    conclusion,
    words: { ...verdictWords(conclusion, labels) },
    outcomes: conclusion.outcomes,
    latency: isOne ? latencies[0] : latencyOf(runs.flatMap(({ requests }) => requests)),
    runs: runs.map((run, index) => ({
      run: run.line.run,
      index: run.line.index,
      ...(targetIdentity(run.line.target) !== targetIdentity(target) && {
        target: run.line.target,
      }),
      startedAt: run.line.startedAt,
      planned: run.stage.requests,
      observed: run.requests.length,
      runners: jsonRunners(run),
      conclusion: run.conclusion,
      latency: latencies[index],
    })),
    environments: environmentRows(runs).map((row) => ({
      ...row,
      label: labels.get(row.id),
      pids: [...row.pids],
    })),
  };
}

function jsonRunners(run: RunState): z.infer<typeof runner>[] | undefined {
  const runners = runnersOf(run);
  if (runners.length === 0) return undefined;
  const trials = trialsByRunner(run);
  return runners.map(({ name, hasFired, ...state }) => ({
    ...(name !== undefined && { name }),
    fired: hasFired,
    ...state,
    trials: trials.get(name) ?? 0,
  }));
}
