/** What is said of an environment beside its bars. */

import assert from "node:assert/strict";
import { inWords, plural } from "../../basics/counts.ts";
import { isMixed } from "../../experiment/core/verdict/evidence.ts";
import { countDeepest } from "../../experiment/core/verdict/intervals.ts";
import type { EnvironmentState, PlacedAnswer } from "../../experiment/records/fold.ts";
import type { EnvironmentReport } from "../../handler/contract.ts";

/** How many requests were in a process of the environment at once, by pid and its own clock. */
export type AtOnce = ReadonlyMap<number, number>;

/** What an environment's answers of the run that it served last have come to. */
export interface RunSummary {
  environment: EnvironmentState;
  /** In order of arrival. */
  answers: readonly PlacedAnswer[];
  last: PlacedAnswer;
  atOnce: AtOnce;
  /** The most of all its processes, and of all its instances. */
  mostAtOnce: number;
  mostInInstance: number;
  mixed: number;
}

/** By the last answer that they sum up. */
const summaries = new WeakMap<PlacedAnswer, RunSummary>();

/** Whether the run is the one that the environment served last. */
export function hasServed({ invocations }: EnvironmentState, run: string): boolean {
  return invocations.at(-1)?.run === run;
}

/** Sums up an environment's answers of its last run; what was summed up is kept until the next. */
export function summarizeRun(environment: EnvironmentState): RunSummary {
  const { invocations } = environment;
  const last = invocations.at(-1);
  assert.ok(last, "an environment is known by an answer");
  const known = summaries.get(last);
  if (known) return known;
  // Those of a run follow one another.
  const answers = invocations.slice(invocations.findIndex(({ run }) => run === last.run));
  const atOnce = atOnceByProcess(answers);
  const byInstance = deepestBy(answers, (answer) => reportOf(answer).instance);
  const summary = {
    environment,
    answers,
    last,
    atOnce,
    mostAtOnce: Math.max(0, ...atOnce.values()),
    mostInInstance: Math.max(0, ...byInstance.values()),
    mixed: answers.filter(({ response }) => isMixed(response)).length,
  };
  summaries.set(last, summary);
  return summary;
}

export function atOnceByProcess(answers: readonly PlacedAnswer[]): AtOnce {
  return deepestBy(answers, (answer) => reportOf(answer).pid);
}

function deepestBy<K>(answers: readonly PlacedAnswer[], keyOf: (answer: PlacedAnswer) => K) {
  const groups = Map.groupBy(answers, keyOf);
  return new Map([...groups].map(([key, group]) => [key, countDeepest(group.flatMap(stayOf))]));
}

/** When a request was inside, where its answer says so. */
function stayOf({ response }: PlacedAnswer) {
  const { enteredAt: from, leftAt: until } = response.invocation ?? {};
  return from === undefined || until === undefined ? [] : [{ from, until }];
}

/** What an answer says of its environment: one that says nothing is shown without one. */
export function reportOf({ response: { environment } }: PlacedAnswer): EnvironmentReport {
  assert.ok(environment, "an invocation names its environment");
  return environment;
}

/** Such as `cold`, `2nd, kept Mario`, `5 at once, globals apart` or `restarted`. */
export function environmentWords(summary: RunSummary, isWide: boolean): string {
  const { environment, answers, last, mostAtOnce, mostInInstance } = summary;
  if (mostAtOnce > 1) {
    return `${inWords(mostAtOnce)} at once${mostInInstance > 1 ? "" : ", globals apart"}`;
  }
  const { invocations, earlier } = environment;
  const before = (answer: PlacedAnswer) => invocations[invocations.indexOf(answer) - 1];
  const cold = answers.findLast((answer) => reportOf(answer).coldStart);
  if (cold) {
    const previous = before(cold);
    if (!previous) return earlier > 0 ? "restarted" : "cold";
    // A new instance in a process that is known is one more thread; in a new process, a restart.
    return reportOf(previous).pid === reportOf(cold).pid ? "cold thread" : "restarted";
  }
  const { instance } = reportOf(last);
  const first = answers.find((answer) => reportOf(answer).instance === instance) ?? last;
  const nth = `${ordinalOf(last)}${isWide ? " invocation" : ""}`;
  return [nth, keptWords(first, before(first), isWide)].filter(Boolean).join(", ");
}

/** Whose names the globals still held from before this run. */
function keptWords(first: PlacedAnswer, before: PlacedAnswer | undefined, isWide: boolean): string {
  // Its own name is the last; where nothing was mixed in, all others were there before it.
  const { clients, dropped = 0 } = first.response.globalData;
  const kept = isMixed(first.response) ? 0 : clients.length - 1 + dropped;
  // An answer of no names, as a handler of somebody else may give, kept none.
  if (kept <= 0) return "";
  if (kept > 1 || dropped > 0) return `kept ${plural(kept, "name")}`;
  const from = before?.experiment === first.experiment ? `run ${before.runIndex + 1}` : "before";
  return `kept ${clients[0]}${isWide ? ` from ${from}` : ""}`;
}

/** `mixed` where the globals changed under an answer, `at once` where only the process was shared. */
export function answerWords(answer: PlacedAnswer, atOnce: AtOnce): string {
  if (isMixed(answer.response)) return "mixed";
  const deepest = atOnce.get(reportOf(answer).pid);
  assert.ok(deepest !== undefined, "each answer's process was looked at");
  return deepest > 1 ? "at once" : "";
}

/** Which request of its instance it was: `2nd`. */
export function ordinalOf({ response }: PlacedAnswer): string {
  const value = response.invocation?.onEntry.counter ?? response.globalData.counter;
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const suffix = teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}
