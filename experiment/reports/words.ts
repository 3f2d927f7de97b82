/**
 * What the screen, the command line and the reports say of a plan, a target and a verdict: one
 * wording for all of them. `numbers.ts` has the numbers and times in it.
 */

import assert from "node:assert/strict";
import { inWords, plural } from "../../basics/counts.ts";
import { printable, printableMessage, printableName } from "../../basics/printable.ts";
import type { GlobalData } from "../../handler/contract.ts";
import { INSTANCE_PRICES, MANAGEMENT_FEE_PERCENT, usdText } from "../../pricing/cost.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { burstOf, type Plan, requestsOf } from "../core/plan/plan.ts";
import {
  type Conclusion,
  type CrossCheckLine,
  OUTCOMES,
  type RunLine,
  type Verdict,
  type Witness,
  type WitnessParty,
} from "../core/record-lines.ts";
import type { Cost, HourlyCost, TargetDescription } from "../core/target.ts";
import { hadChance } from "../core/verdict/conclude.ts";
import {
  type Lifetime,
  type LifetimeEstimate,
  lifetimeOf,
  servedRuns,
} from "../core/verdict/lifetime.ts";
import { isContradicted } from "../core/verdict/log-comparison.ts";
import type { Labels } from "../records/environment-labels.ts";
import { type RunState, type Series, SHOWN_NAMES } from "../records/fold.ts";
import type { PooledEvidence } from "../records/pooled-evidence.ts";
import { localTime, percent, range } from "./numbers.ts";

// What is fired, where, and for how much

/**
 * All that a plan fires: `2 runs of 5 requests, 5 at once, held 5 s`. Where stages differ it is
 * `31 requests in 5 runs, 1 to 16 at once, held 200 ms`.
 */
export function planWords(plan: Plan): string {
  return planParts(plan).join(", ");
}

/** The same in parts, the most important first: some are left out where there is little room. */
export function planParts(plan: Plan): [volume: string, atOnce: string, ...string[]] {
  const { stages, holdMs } = plan;
  return [
    volumeWords(plan),
    `${range(stages.map(burstOf), inWords)} at once`,
    ...pauseWords(plan),
    `held ${formatDuration(holdMs)}`,
  ];
}

function volumeWords(plan: Plan): string {
  const { stages } = plan;
  const all = plural(requestsOf(plan), "request");
  if (stages.length === 1) return all;
  const runs = plural(stages.length, "run");
  const [each, ...others] = new Set(stages.map(({ requests }) => requests));
  const areEqual = each !== undefined && others.length === 0;
  return areEqual ? `${runs} of ${plural(each, "request")}` : `${all} in ${runs}`;
}

/** Where nothing is waited for before the first run, the pauses are those between runs. */
function pauseWords({ stages }: Plan): string[] {
  const pauses = stages.map(({ pauseMs }) => pauseMs);
  const waited = pauses[0] === 0 ? pauses.slice(1) : pauses;
  if (!waited.some((ms) => ms > 0)) return [];
  return [`${waited.length === 1 ? "a pause" : "pauses"} of ${range(waited, formatDuration)}`];
}

/** Such as `embedded Lambda, on-demand` or `stack dev, eu-west-1`. */
export function targetWords({ kind, model, stack, region, url }: TargetDescription): string {
  if (kind === "url") return url;
  if (kind === "local") return ["embedded Lambda", model].filter(Boolean).join(", ");
  return [`stack ${stack ?? ""}`.trim(), model, region].filter(Boolean).join(", ");
}

/** What is fired, and where: one line for a terminal. */
export function firedWords(plan: Plan, target: TargetDescription): string {
  return `${planWords(plan)} · ${printable(targetWords(target))}`;
}

/** One sentence: the figure and what it rests on, or why there is none. */
export function costWords({ usd, basis }: Cost): string {
  return usd === undefined
    ? `What it costs is not known: ${basis}.`
    : `It costs about ${usdText(usd)} at list price: ${basis}.`;
}

const HOUR_MS = 3_600_000;

/**
 * What is billed by the hour, in parts: `from $0.094 an hour` and `$0.31 so far`, or that no rate is
 * known. An older version that is left behind goes on costing, too, of which the outputs know nothing.
 */
export function hourlyParts(
  { usdPerHour, since }: HourlyCost,
  atLeast = "from",
): { rate: string; sum: string } {
  if (usdPerHour === undefined) return { rate: "by the hour", sum: "at a rate that is not known" };
  const hours = Math.max(0, Date.now() - Date.parse(since)) / HOUR_MS;
  const sum = `${usdText(usdPerHour * hours)} so far`;
  return { rate: `${atLeast} ${usdText(usdPerHour)} an hour`, sum };
}

/** `from $0.094 an hour since 2026-11-30 09:14, $0.31 so far`, or that no rate is known. */
export function hourlyPhrase(hourly: HourlyCost, atLeast?: string): string {
  const { rate, sum } = hourlyParts(hourly, atLeast);
  return `${rate} since ${localTime(hourly.since)}, ${sum}`;
}

/** Sentences: what goes on being billed, whether anybody fires or not, and what ends it. */
export function hourlyWords(hourly: HourlyCost): string {
  const { usdPerHour, instanceType, endCommand } = hourly;
  return [
    "The stack's Managed Instances are billed, used or not: ",
    hourlyPhrase(hourly, "at least about"),
    usdPerHour === undefined
      ? `. It is that of ${instanceType} on ${INSTANCE_PRICES} + ${MANAGEMENT_FEE_PERCENT} %.`
      : ", older versions not counted.",
    ` "${endCommand}" ends it.`,
  ].join("");
}

/** One sentence on a function that answered late. */
export function answeringWords(waitedMs: number): string {
  return `The function answered after ${formatDuration(1_000 * Math.round(waitedMs / 1_000))}.`;
}

// What came back

/** `run 1 of 2`. */
export function runNumberWords({ index, plan }: Pick<RunLine, "index" | "plan">): string {
  return `run ${index + 1} of ${plan.stages.length}`;
}

/**
 * `cold`, `warm`, how many of both, or nothing where no answer said so.
 *
 * @param isBrief whether those that are cold are enough of both
 */
export function temperatureParts(
  { cold, warm }: Pick<RunState, "cold" | "warm">,
  isBrief = false,
): string[] {
  if (cold > 0 && warm > 0) {
    return [`${inWords(cold)} cold${isBrief ? "" : `, ${inWords(warm)} warm`}`];
  }
  if (cold > 0) return ["cold"];
  return warm > 0 ? ["warm"] : [];
}

/** `5 ok, 2 throttled`. */
export function outcomesWords(outcomes: Conclusion["outcomes"]): string {
  return OUTCOMES.flatMap((outcome) => {
    const count = outcomes[outcome];
    return count === undefined ? [] : `${inWords(count)} ${outcome}`;
  }).join(", ");
}

/** A part of an answer's `globalData` on one line; one that quotes a client's name says whose. */
export interface GlobalDataPart {
  text: string;
  client?: string;
}

/** Such as `{ counter: 2, client: "Dean", clients: ["Mario", "Dean"] }`. */
export function globalDataText(data: GlobalData): string {
  return globalDataParts(data)
    .map(({ text }) => text)
    .join("");
}

/** The same in parts, so that names can be coloured. */
export function globalDataParts(data: GlobalData): GlobalDataPart[] {
  const { counter, client, clients, dropped = 0 } = data;
  const latest = clients.slice(-SHOWN_NAMES);
  const earlier = clients.length - latest.length + dropped;
  const names = latest.flatMap((name, index) => [{ text: index > 0 ? ", " : "" }, quote(name)]);
  return [
    { text: `{ counter: ${counter}, client: ` },
    quote(client),
    { text: `, clients: [${earlier > 0 ? `… ${earlier} earlier, ` : ""}` },
    ...names,
    { text: "] }" },
  ];
}

function quote(client: string): GlobalDataPart {
  return { text: `"${printableName(client)}"`, client };
}

// What follows from it

export interface VerdictWords {
  /** ISOLATED, SHARED, SHARED PROCESS or INCONCLUSIVE. */
  title: string;
  /** One sentence or two that answer the question. */
  finding: string;
  /** One sentence or two on what it rests on; empty when there is nothing to add. */
  evidence: string;
}

/** In a terminal. Findings, neither good nor bad: two hues of equal weight, and none. */
export const VERDICT_COLOURS = {
  isolated: "cyan",
  shared: "magenta",
  inconclusive: "gray",
} as const satisfies Record<Verdict, string>;

/** @param labels the environments' short names */
export function verdictWords(conclusion: Conclusion, labels: Labels): VerdictWords {
  switch (conclusion.verdict) {
    case "isolated":
      return isolatedWords(conclusion);
    case "shared":
      return sharedWords(conclusion, labels);
    case "inconclusive":
      return {
        title: "INCONCLUSIVE",
        // It may quote what a target answered.
        finding: printableMessage(conclusion.reason ?? ""),
        evidence: `${servedWords(conclusion)}.`,
      };
  }
}

function isolatedWords(conclusion: Conclusion): VerdictWords {
  const { trials, warmTrials, bound = 1, memory } = conclusion;
  const remembered = memory === "kept" ? " Memory lasts between invocations." : "";
  const warm =
    warmTrials > 0 ? ` (${warmTrials === trials ? "all" : inWords(warmTrials)} of them warm)` : "";
  return {
    title: "ISOLATED",
    finding: `${servedWords(conclusion)}, never two at once.${remembered}`,
    evidence:
      `${plural(trials, "chance")} to share a process${warm}, none taken: ` +
      `sharing below ${percent(bound)} (95 %).`,
  };
}

function sharedWords(conclusion: Conclusion, labels: Labels): VerdictWords {
  const { sharing, witness, mixed, overlaps, outcomes } = conclusion;
  const carried =
    mixed > 0
      ? `${inWords(mixed)} of ${plural(outcomes.ok ?? 0, "answer")} carried another request's globalData.`
      : "No answer carried another request's globalData.";
  const pairs = overlaps > 0 ? `${plural(overlaps, "pair")} of requests overlapped. ` : "";
  return {
    title: sharing === "process" ? "SHARED PROCESS" : "SHARED",
    finding: witness ? witnessWords(witness, labels) : "",
    evidence: `${pairs}${carried}`,
  };
}

function witnessWords({ environment, pid, first, second }: Witness, labels: Labels): string {
  const process = `process ${labels.get(environment)} (pid ${pid})`;
  if (second) return `${partyWords(first)} and ${partyWords(second)}, both in ${process}.`;
  return (
    `${printableName(first.client)} was not alone in ${process}: ` +
    "another request, whose answer was not seen, changed its globals or was in flight beside it."
  );
}

function partyWords({ client, enteredMs, leftMs }: WitnessParty): string {
  return `${printableName(client)} was inside from ${inWords(enteredMs)} to ${inWords(leftMs)} ms`;
}

/** Of an experiment that was stopped: `5 environments served 5 of 10 requests (5 aborted)`. */
function servedWords({ environments, outcomes }: Conclusion): string {
  const { ok = 0, aborted = 0 } = outcomes;
  const served = `${plural(environments, "environment")} served`;
  if (aborted === 0) return `${served} ${plural(ok, "request")}`;
  const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return `${served} ${inWords(ok)} of ${plural(ended, "request")} (${inWords(aborted)} aborted)`;
}

/** Where a control is on AWS; the other one is on this machine. */
const WEB_FUNCTION = "this stack's web function";

/** What was fired first, as the beginning of a line: `Control`, or where on AWS that was. */
export function controlName({ kind }: TargetDescription): string {
  return kind === "stack" ? `Control at ${WEB_FUNCTION}` : "Control";
}

/**
 * Some sentences: whether the instrument saw sharing where requests must share, and where that was. Of a
 * control that was repeated on this machine, since requests could not meet on AWS, they say which vouches.
 */
export function controlWords({ byTarget: parts }: Series): string {
  const last = parts.at(-1);
  assert(last, "A control that is told was fired.");
  const { line, runs, conclusion } = last;
  const { verdict, overlaps, outcomes, reason } = conclusion;
  const isOnAws = line.target.kind === "stack";
  if (isOnAws && verdict !== "shared" && !hadChance(runs)) return `CONTROL  ${noChanceWords(last)}`;
  const [before] = parts.slice(-2, -1).map(noChanceWords);
  const here =
    before === undefined ? "The" : `${before} On this machine, where it was fired then, the`;
  const saw = `${isOnAws ? `At ${WEB_FUNCTION} the` : here} instrument saw`;
  const requests = plural(outcomes.ok ?? 0, "request");
  if (verdict === "shared") {
    const whom = isOnAws
      ? "the analysis on AWS itself"
      : "the analysis and for this machine, not for AWS";
    const seen = `sharing when it happened: ${plural(overlaps, "overlap")} in ${requests}`;
    return `CONTROL  ${saw} ${seen}. That vouches for ${whom}.`;
  }
  if (!outcomes.ok) return "CONTROL  Nothing was answered, so it showed nothing.";
  const whose = isOnAws ? "some of which met in one process" : "that share one process";
  return `CONTROL FAILED  ${saw} no sharing in ${requests} ${whose}. ${printableMessage(reason ?? "")}`.trimEnd();
}

/** Why nothing could be seen at a web function on AWS. */
function noChanceWords({ conclusion }: Series): string {
  const { outcomes, reason = "" } = conclusion;
  const served = `${servedWords(conclusion)}, never two at once in one process.`;
  const why = outcomes.ok ? served : reason;
  return `No two requests could meet at ${WEB_FUNCTION}. ${printableMessage(why)}`;
}

const NOT_COMPARED: Record<NonNullable<CrossCheckLine["notCompared"]>, string> = {
  "cold starts": "Cold starts are not compared: a web function's log is not known to have them.",
};

/** One sentence or more: what the service's log says, and whether the answers say the same. */
export function crossCheckWords(line: CrossCheckLine): string {
  const { requests, streams, initialized, notCompared, differences } = line;
  const found = `CloudWatch has ${plural(requests, "request")} in ${plural(streams, "log stream")}`;
  const log = notCompared
    ? found
    : `${found}, and ${plural(initialized, "environment")} initialized meanwhile`;
  if (isContradicted(line)) {
    return `DISAGREEMENT  ${log}. ${differences.map(printableMessage).join(" ")}`.trimEnd();
  }
  // Where nothing was logged, nothing could be the same.
  if (requests === 0) return `NOT CROSS-CHECKED  ${log}: that confirms no answer.`;
  const agreed = `CROSS-CHECKED  ${log}: the answers said the same.`;
  return notCompared ? `${agreed} ${NOT_COMPARED[notCompared]}` : agreed;
}

/**
 * What several experiments of one deployment say together, in one sentence; `undefined` where there
 * is nothing to add to a single experiment.
 */
export function pooledWords(pooled: PooledEvidence): string | undefined {
  const { isolated, shared, trials, bound } = pooled;
  const all = isolated + shared;
  if (all < 2) return undefined;
  const experiments = `${plural(all, "recorded experiment")} of this deployment`;
  if (isolated > 0 && shared > 0) {
    return `The ${experiments} disagree: ${inWords(shared)} saw sharing, ${inWords(isolated)} did not.`;
  }
  if (bound === undefined) return `All ${experiments} saw sharing.`;
  return `Over ${experiments}: ${plural(trials, "trial")}, sharing below ${percent(bound)} (95 %).`;
}

/** What the experiments of a deployment say together, or the only one, behind its name. */
export function deploymentWords(target: TargetDescription, pooled: PooledEvidence): string {
  const { trials, bound } = pooled;
  const alone =
    bound === undefined
      ? "saw sharing"
      : `${plural(trials, "trial")}, sharing below ${percent(bound)} (95 %)`;
  return `${printable(targetWords(target))}. ${pooledWords(pooled) ?? `One experiment: ${alone}.`}`;
}

/** The same where there is little room. */
export function pooledPhrase({ isolated, shared, bound }: PooledEvidence): string | undefined {
  const all = isolated + shared;
  if (all < 2) return undefined;
  if (bound !== undefined) return `Over ${plural(all, "experiment")}: below ${percent(bound)}.`;
  return `${inWords(shared)} of ${plural(all, "experiment")} saw sharing.`;
}

/** Pauses that are told one by one. */
const MOST_PAUSES = 8;

/** One sentence: what was seen again after each pause, and what that says of idle environments. */
export function lifetimeWords({ survivals, estimate }: Lifetime): string {
  const told = survivals.slice(0, MOST_PAUSES).map(({ pauseMs, before, after }) => {
    return `${inWords(after)} of ${inWords(before)} after ${formatDuration(pauseMs)}`;
  });
  const untold = survivals.length - told.length;
  const rest = untold > 0 ? [`and so on for ${plural(untold, "more pause")}`] : [];
  const seen = [...told, ...rest].join(", ");
  return `Environments seen again: ${seen}; ${estimateWords(estimate)}.`;
}

/** What runs say of how long idle environments live; `undefined` where no pause says anything. */
export function runsLifetimeWords(
  runs: readonly Pick<RunState, "line" | "requests">[],
): string | undefined {
  const lifetime = lifetimeOf(servedRuns(runs));
  return lifetime && lifetimeWords(lifetime);
}

function estimateWords(estimate: LifetimeEstimate): string {
  switch (estimate.kind) {
    case "half-life":
      // To two digits: what is estimated from a handful of environments has no more.
      return `half of the idle ones end every ${formatDuration(Number(estimate.halfLifeMs.toPrecision(2)))} or so`;
    case "timeout":
      return timeoutWords(estimate);
    case "unexplained":
      return "neither one timeout nor one half-life explains that";
  }
}

function timeoutWords({ aboveMs, belowMs }: { aboveMs?: number; belowMs?: number }): string {
  if (belowMs === undefined) return `idle ones live longer than ${formatDuration(aboveMs ?? 0)}`;
  if (aboveMs === undefined) return `idle ones end within ${formatDuration(belowMs)}`;
  return `idle ones end between ${formatDuration(aboveMs)} and ${formatDuration(belowMs)}`;
}
