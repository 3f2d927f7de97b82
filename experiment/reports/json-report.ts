/** A recorded experiment as one JSON object. */

import { EnvironmentLabels } from "../records/environment-labels.ts";
import { PROVES } from "../targets/target-choice.ts";
import { type Comparison, isSame } from "./comparison.ts";
import { environmentRows } from "./environment-rows.ts";
import { latencyOf } from "./latency.ts";
import { pooledWords } from "./pooled-words.ts";
import { isComplete, recordNotes } from "./record-notes.ts";
import type { RecordedExperiment, Series } from "./recorded-experiment.ts";
import {
  type JsonComparison,
  type JsonReport,
  type JsonSeries,
  REPORT_VERSION,
} from "./report-schema.ts";
import { verdictWords } from "./verdict-words.ts";

/** The report as plain data; `report.schema.json` describes it. */
export function jsonReport(recorded: RecordedExperiment): JsonReport {
  const { path, id, experiment, control, crossChecks } = recorded;
  return {
    type: "report",
    schema: REPORT_VERSION,
    record: path,
    id,
    complete: isComplete(recorded),
    notes: recordNotes(recorded),
    experiment: experiment && jsonSeries(experiment),
    control: control && jsonSeries(control),
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
      .filter((aspect) => !isSame(aspect))
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

function jsonSeries({ plan, target, startedAt, versions, runs, conclusion }: Series): JsonSeries {
  const environments = environmentRows(runs);
  const labels = new EnvironmentLabels(environments.map(({ id }) => id));
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
      startedAt: run.line.startedAt,
      planned: run.planned,
      observed: run.requests.length,
      conclusion: run.conclusion,
      latency: latencies[index],
    })),
    environments: environments.map((row) => ({
      ...row,
      label: labels.get(row.id) ?? "",
      pids: [...row.pids],
    })),
  };
}
