/** Several recorded experiments beside each other. */

import { printable } from "../../basics/printable.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { burstOf, type Plan } from "../core/plan/plan.ts";
import type { TargetDescription } from "../core/target.ts";
import {
  areOfOneTarget,
  deploymentOf,
  type PooledEvidence,
  pooledEvidence,
} from "../records/history.ts";
import { latencyOf } from "./latency.ts";
import { inWords, percent, range, seconds } from "./numbers.ts";
import { recordNotes } from "./record-notes.ts";
import type { RecordedExperiment, Series } from "./recorded-experiment.ts";
import { outcomesWords, targetWords } from "./target-words.ts";

/** One thing that can be said of every record, and what is said; empty where it does not apply. */
export interface Aspect {
  what: string;
  values: readonly string[];
}

export interface Deployment {
  target: TargetDescription;
  /** Paths of its records. */
  records: readonly string[];
  pooled: PooledEvidence;
}

export interface Comparison {
  records: readonly RecordedExperiment[];
  /** In the order in which they are shown. */
  aspects: readonly Aspect[];
  /** Those whose code and configuration are known, with what their experiments say together. */
  deployments: readonly Deployment[];
  /** What a reader must know of the records. */
  notes: readonly string[];
}

/** Of a plan whose stages differ, that are told one by one. */
const MOST_VALUES = 16;

export function compareRecords(records: readonly RecordedExperiment[]): Comparison {
  const aspects = [...ASPECTS].map(([what, say]) => ({
    what,
    values: records.map((record) => printable(say(record) ?? "")),
  }));
  return {
    records,
    aspects,
    deployments: deploymentsOf(records),
    notes: [...repetitions(records), ...records.flatMap(notesOf)],
  };
}

/** Whether all records say the same. */
export function isSame({ values }: Aspect): boolean {
  return values.every((value) => value === values[0]);
}

const ASPECTS = new Map<string, (recorded: RecordedExperiment) => string | undefined>([
  ["Target", of(({ target }) => targetWords(target))],
  ["Deployment", of(({ target }) => target.deployment?.slice(0, 12))],
  ["Clients", of(({ plan }) => plan.clients.slice(0, 8).join(", "))],
  ["Requests a run", of(({ plan }) => distinct(plan.stages.map(({ requests }) => requests)))],
  ["At once", of(({ plan }) => distinct(plan.stages.map(burstOf)))],
  ["Hold", of(({ plan }) => formatDuration(plan.holdMs))],
  ["Pauses", of(({ plan }) => distinct(pausesOf(plan), formatDuration))],
  ["Runs", of(({ runs }) => inWords(runs.length))],
  ["Verdict", of(({ conclusion }) => conclusion.verdict)],
  ["Sharing", of(({ conclusion }) => conclusion.sharing)],
  ["Reason", of(({ conclusion }) => conclusion.reason)],
  ["Environments", of(({ conclusion }) => inWords(conclusion.environments))],
  ["Processes", of(({ conclusion }) => inWords(conclusion.processes))],
  ["Cold starts", of(({ conclusion }) => inWords(conclusion.coldStarts))],
  ["Outcomes", of(({ conclusion }) => outcomesWords(conclusion.outcomes))],
  ["Trials", of(({ conclusion }) => inWords(conclusion.trials))],
  ["Warm trials", of(({ conclusion }) => inWords(conclusion.warmTrials))],
  ["Sharing below (95 %)", of(({ conclusion: { bound } }) => bound && percent(bound))],
  ["Overlapping pairs", of(({ conclusion }) => inWords(conclusion.overlaps))],
  ["Mixed answers", of(({ conclusion }) => inWords(conclusion.mixed))],
  ["Memory", of(({ conclusion }) => conclusion.memory)],
  ["Took", of(({ conclusion }) => seconds(conclusion.wallMs))],
  ["Latency p50", latency("p50")],
  ["Latency p95", latency("p95")],
  ["Latency max", latency("max")],
  ["Control", ({ control }) => control?.conclusion.verdict],
]);

type Say = (recorded: RecordedExperiment) => string | undefined;

/** Says something of the experiment itself, where it was fired. */
function of(say: (series: Series) => string | number | undefined): Say {
  return ({ experiment }) => {
    const said = experiment && say(experiment);
    return said === undefined ? undefined : String(said);
  };
}

function latency(which: "p50" | "p95" | "max"): Say {
  return of(({ runs }) => {
    const all = latencyOf(runs.flatMap(({ requests }) => requests));
    return all && seconds(all[which]);
  });
}

/** Values that stages have, such as `5` or `5, 10, 20`; of very many, from which to which. */
function distinct(values: readonly number[], words = inWords): string {
  const all = [...new Set(values)];
  return all.length > MOST_VALUES ? range(all, words) : all.map(words).join(", ");
}

/** Those that are waited for. */
function pausesOf({ stages }: Plan): number[] {
  return stages.map(({ pauseMs }) => pauseMs).filter((ms) => ms > 0);
}

function deploymentsOf(records: readonly RecordedExperiment[]): Deployment[] {
  const once = [...new Map(records.map((record) => [record.id, record])).values()];
  const summaries = once.flatMap((record) => {
    const { path, id, experiment, crossChecks } = record;
    const [run] = experiment?.runs ?? [];
    if (!experiment || !run || !areOfOneTarget(experiment.runs.map(({ line }) => line))) return [];
    const { conclusion } = experiment;
    const verdict = { type: "verdict", experiment: id, run: null, ...conclusion } as const;
    return [{ path, run: run.line, verdict, crossCheck: crossChecks.at(-1) }];
  });
  const pooled = pooledEvidence(summaries);
  const groups = Map.groupBy(summaries, ({ run }) => deploymentOf(run.target));
  return [...groups].flatMap(([key, group]) => {
    const evidence = key === undefined ? undefined : pooled.get(key);
    const [first] = group;
    if (!evidence || !first) return [];
    return [{ target: first.run.target, records: group.map(({ path }) => path), pooled: evidence }];
  });
}

/** Evidence that is named twice counts once. */
function repetitions(records: readonly RecordedExperiment[]): string[] {
  const groups = Map.groupBy(records, ({ id }) => id).values();
  return [...groups]
    .filter((group) => group.length > 1)
    .map((group) => {
      const paths = group.map(({ path }) => printable(path)).join(" and ");
      return `${paths} are records of one experiment: its evidence counts once.`;
    });
}

function notesOf(record: RecordedExperiment): string[] {
  return recordNotes(record).map((note) => `${printable(record.path)}: ${note}`);
}
