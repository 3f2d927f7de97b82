/** Several recorded experiments beside each other. */

import assert from "node:assert/strict";
import { inWords } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { burstOf, type Plan } from "../core/plan/plan.ts";
import type { Conclusion } from "../core/record-lines.ts";
import { areOfOneTarget, type TargetDescription } from "../core/target.ts";
import type { Series } from "../records/fold.ts";
import { disagreements } from "../records/merge-parts.ts";
import { deploymentOf, type PooledEvidence, pooledEvidence } from "../records/pooled-evidence.ts";
import { type Latency, latencyOf, range, seconds } from "./numbers.ts";
import { recordNotes } from "./record-notes.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";
import { SUMMARY } from "./summary.ts";
import { outcomesWords, targetWords } from "./words.ts";

/** One thing that can be said of every record, and what is said; empty where it does not apply. */
export interface Aspect {
  what: string;
  values: readonly string[];
  /** Whether all records say the same. */
  isSame: boolean;
}

interface Deployment {
  target: TargetDescription;
  /** Paths of its records. */
  records: readonly string[];
  pooled: PooledEvidence;
}

export interface Comparison {
  records: readonly RecordedExperiment[];
  /** In the order in which they are shown. */
  aspects: readonly Aspect[];
  /** Those that tell at one look what each record came to. */
  summary: readonly Aspect[];
  /** Those whose code and configuration are known, with what their experiments say together. */
  deployments: readonly Deployment[];
  /** What a reader must know of the records. */
  notes: readonly string[];
}

/** Of a plan whose stages differ, that are told one by one. */
const MOST_VALUES = 16;

export function compareRecords(records: readonly RecordedExperiment[]): Comparison {
  const aspects = Object.entries(ASPECTS).map(([what, say]) => {
    const values = records.map((record) => printable(say(record) ?? ""));
    return { what, values, isSame: new Set(values).size === 1 };
  });
  return {
    records,
    aspects,
    summary: ["Target", ...Object.keys(SUMMARY)].map((shown) => {
      const aspect = aspects.find(({ what }) => what === shown);
      assert(aspect, `"${shown}" is one of the aspects.`);
      return aspect;
    }),
    deployments: deploymentsOf(records),
    notes: [...repetitionNotes(records), ...records.flatMap(notesOf)],
  };
}

/** A, B, …, Z, 27, 28, …: how a record is called beside others. */
export function letter(index: number): string {
  return index < 26 ? String.fromCharCode("A".charCodeAt(0) + index) : String(index + 1);
}

type Say = (recorded: RecordedExperiment) => string | undefined;

const ASPECTS = {
  Target: ofSeries(({ line: { target } }) => targetWords(target)),
  Deployment: ofSeries(({ line: { target } }) => target.deployment?.slice(0, 12)),
  Clients: ofSeries(({ line: { plan } }) => plan.clients.slice(0, 8).join(", ")),
  "Requests a run": ofSeries(({ line: { plan } }) =>
    distinct(plan.stages.map(({ requests }) => requests)),
  ),
  "At once": ofSeries(({ line: { plan } }) => distinct(plan.stages.map(burstOf))),
  Hold: ofSeries(({ line: { plan } }) => formatDuration(plan.holdMs)),
  Pauses: ofSeries(({ line: { plan } }) => distinct(pausesOf(plan), formatDuration)),
  Runs: ofSeries(({ runs }) => inWords(runs.length)),
  Verdict: ofSeries(SUMMARY.Verdict.say),
  Sharing: ofConclusion("sharing"),
  Reason: ofConclusion("reason"),
  Environments: ofSeries(SUMMARY.Environments.say),
  Processes: ofSeries(SUMMARY.Processes.say),
  "Cold starts": ofConclusion("coldStarts"),
  Outcomes: ofSeries(({ conclusion }) => outcomesWords(conclusion.outcomes)),
  Trials: ofConclusion("trials"),
  "Warm trials": ofConclusion("warmTrials"),
  "Sharing below (95 %)": ofSeries(SUMMARY["Sharing below (95 %)"].say),
  "Overlapping pairs": ofConclusion("overlaps"),
  "Most at once": ofSeries(SUMMARY["Most at once"].say),
  "Mixed answers": ofSeries(SUMMARY["Mixed answers"].say),
  Memory: ofConclusion("memory"),
  Took: ofSeries(({ conclusion }) => seconds(conclusion.wallMs)),
  "Latency p50": latency("p50"),
  "Latency p95": latency("p95"),
  "Latency max": latency("max"),
  Control: ({ control }) => control?.conclusion.verdict,
} satisfies Record<string, Say>;

/** Says something of the experiment itself, where it was fired. */
function ofSeries(say: (series: Series) => string | undefined): Say {
  return ({ experiment }) => experiment && say(experiment);
}

/** Says something of what was concluded; numbers in words. */
function ofConclusion(key: Exclude<keyof Conclusion, "outcomes" | "witness">): Say {
  return ofSeries(({ conclusion }) => {
    const value = conclusion[key];
    return typeof value === "number" ? inWords(value) : value;
  });
}

function latency(which: keyof Latency): Say {
  return ofSeries(({ runs }) => {
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
  const summaries = records.flatMap((record) => {
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

/** Evidence that is named twice counts once, and so does that of parts whose runners did not agree. */
function repetitionNotes(records: readonly RecordedExperiment[]): string[] {
  const groups = Map.groupBy(records, ({ id }) => id).values();
  return [...groups]
    .filter((group) => group.length > 1)
    .map((group) => {
      const paths = group.map(({ path }) => printable(path)).join(" and ");
      const once = "its evidence counts once";
      const [first, ...others] = group.flatMap(({ experiment }) => experiment?.line ?? []);
      const differing = others.flatMap((line) => (first ? disagreements(first, line) : []));
      if (differing.length === 0) return `${paths} are records of one experiment: ${once}.`;
      const what = [...new Set(differing)].join(" and ");
      return `${paths} have the id of one experiment and differ in its ${what}: they are not merged, and ${once}.`;
    });
}

function notesOf(record: RecordedExperiment): string[] {
  return recordNotes(record).map((note) => `${printable(record.path)}: ${note}`);
}
