/** What is said of an environment beside its bars. */

import { inWords, plural } from "../../experiment/core/numbers.ts";
import { isMixed } from "../../experiment/core/verdict/evidence.ts";
import { countDeepest } from "../../experiment/core/verdict/intervals.ts";
import type { EnvironmentState, Invocation } from "../state.ts";

/** The answers of one run, in order of arrival. */
function answersOf({ invocations }: EnvironmentState, run: string): readonly Invocation[] {
  const first = invocations.findIndex((invocation) => invocation.run === run);
  // Those of a run follow one another, and the current run is the last.
  return first < 0 ? [] : invocations.slice(first);
}

/** Whether the environment served the run. */
export function served({ invocations }: EnvironmentState, run: string): boolean {
  return invocations.at(-1)?.run === run;
}

/** How many requests were in a process of the environment at once, by that process's own clock. */
export type AtOnce = ReadonlyMap<number | undefined, number>;

export function atOnceByProcess(answers: readonly Invocation[]): AtOnce {
  return deepestBy(answers, ({ response }) => response.environment?.pid);
}

function deepestBy<K>(answers: readonly Invocation[], keyOf: (answer: Invocation) => K) {
  const groups = Map.groupBy(answers, keyOf);
  return new Map([...groups].map(([key, group]) => [key, countDeepest(group.flatMap(intervalOf))]));
}

function intervalOf({ response }: Invocation) {
  const { enteredAt: from, leftAt: until } = response.invocation ?? {};
  return from === undefined || until === undefined ? [] : [{ from, until }];
}

/** What an environment's answers of one run have come to. */
export interface RunSummary {
  run: string;
  /** The environment's answers over all runs, when this was summed up. */
  seen: number;
  /** In order of arrival. */
  answers: readonly Invocation[];
  atOnce: AtOnce;
  /** The most of all its processes, and of all its instances. */
  mostAtOnce: number;
  mostInInstance: number;
  mixed: number;
}

const summaries = new WeakMap<EnvironmentState, RunSummary>();

/** Sums up an environment's answers of a run; what was summed up is kept until the next answer. */
export function summarizeRun(environment: EnvironmentState, run: string): RunSummary {
  const seen = environment.earlier + environment.invocations.length;
  const known = summaries.get(environment);
  if (known?.run === run && known.seen === seen) return known;
  const answers = answersOf(environment, run);
  const atOnce = atOnceByProcess(answers);
  const byInstance = deepestBy(answers, ({ response }) => response.environment?.instance);
  const summary = {
    run,
    seen,
    answers,
    atOnce,
    mostAtOnce: Math.max(0, ...atOnce.values()),
    mostInInstance: Math.max(0, ...byInstance.values()),
    mixed: answers.filter(({ response }) => isMixed(response)).length,
  };
  summaries.set(environment, summary);
  return summary;
}

/** Such as `cold`, `2nd, kept Mario`, `5 at once, globals apart` or `restarted`. */
export function environmentWords(
  environment: EnvironmentState,
  { answers, mostAtOnce, mostInInstance }: RunSummary,
  isWide: boolean,
): string {
  const last = answers.at(-1);
  if (!last) return "";
  if (mostAtOnce > 1) {
    return `${inWords(mostAtOnce)} at once${mostInInstance > 1 ? "" : ", globals apart"}`;
  }
  const cold = answers.findLast(({ response }) => response.environment?.coldStart);
  if (cold) return coldWords(cold, environment);
  const instanceOf = ({ response }: Invocation) => response.environment?.instance;
  const first = answers.find((answer) => instanceOf(answer) === instanceOf(last)) ?? last;
  const before = environment.invocations[environment.invocations.indexOf(first) - 1];
  const nth = `${ordinalOf(last)}${isWide ? " invocation" : ""}`;
  return [nth, keptWords(first, before, isWide)].filter(Boolean).join(", ");
}

/** A new instance in a process that is known is one more thread; in a new process, a restart. */
function coldWords(cold: Invocation, { invocations, earlier }: EnvironmentState): string {
  const before = invocations[invocations.indexOf(cold) - 1];
  if (!before) return earlier > 0 ? "restarted" : "cold";
  const isSameProcess = before.response.environment?.pid === cold.response.environment?.pid;
  return isSameProcess ? "cold thread" : "restarted";
}

/** Whose names the globals still held from before this run. */
function keptWords(first: Invocation, before: Invocation | undefined, isWide: boolean): string {
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
export function answerWords({ response }: Invocation, atOnce: AtOnce): string {
  if (isMixed(response)) return "mixed";
  return (atOnce.get(response.environment?.pid) ?? 0) > 1 ? "at once" : "";
}

/** Which request of its instance it was: `2nd`. */
export function ordinalOf({ response }: Invocation): string {
  const value = response.invocation?.onEntry.counter ?? response.globalData.counter;
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const suffix = teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}
