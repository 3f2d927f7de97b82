/** What is said of an environment beside its bars. */

import { isMixed } from "../../experiment/core/evidence.ts";
import { countDeepest } from "../../experiment/core/intervals.ts";
import type { EnvironmentState, Invocation } from "../state.ts";

/** The answers of one run, in order of arrival. */
export function answersOf({ invocations }: EnvironmentState, run: string): readonly Invocation[] {
  const first = invocations.findIndex((invocation) => invocation.run === run);
  // Those of a run follow one another, and the current run is the last.
  return first < 0 ? [] : invocations.slice(first);
}

/** Whether the environment served the run. */
export function served({ invocations }: EnvironmentState, run: string): boolean {
  return invocations.at(-1)?.run === run;
}

/** How many requests were in one process of the environment at once, by that process's clock. */
export function mostAtOnce(answers: readonly Invocation[]): number {
  const processes = Map.groupBy(answers, ({ response }) => response.environment?.pid);
  return processes
    .values()
    .reduce((most, group) => Math.max(most, countDeepest(group.flatMap(intervalOf))), 0);
}

function intervalOf({ response }: Invocation) {
  const { enteredAt: from, leftAt: until } = response.invocation ?? {};
  return from === undefined || until === undefined ? [] : [{ from, until }];
}

/** Such as `cold`, `2nd, kept Mario`, `5 at once, globals apart` or `restarted`. */
export function environmentWords(
  environment: EnvironmentState,
  answers: readonly Invocation[],
  isWide: boolean,
): string {
  const [first] = answers;
  const last = answers.at(-1);
  if (!first || !last) return "";
  const atOnce = mostAtOnce(answers);
  if (atOnce > 1) return `${atOnce} at once${instancesOf(answers) > 1 ? ", globals apart" : ""}`;
  const before = environment.invocations[environment.invocations.indexOf(first) - 1];
  if (first.response.environment?.coldStart) return coldWords(first, before);
  return [nth(last, isWide), keptWords(first, before, isWide)].filter(Boolean).join(", ");
}

/** A new instance in a process that is known is one more thread; in a new process, a restart. */
function coldWords(first: Invocation, before: Invocation | undefined): string {
  if (!before) return "cold";
  const isSameProcess = before.response.environment?.pid === first.response.environment?.pid;
  return isSameProcess ? "cold thread" : "restarted";
}

function instancesOf(answers: readonly Invocation[]): number {
  return new Set(answers.map(({ response }) => response.environment?.instance)).size;
}

function nth({ response }: Invocation, isWide: boolean): string {
  const counter = response.invocation?.onEntry.counter ?? response.globalData.counter;
  return `${ordinal(counter)}${isWide ? " invocation" : ""}`;
}

/** Whose names the globals still held from before this run. */
function keptWords(first: Invocation, before: Invocation | undefined, isWide: boolean): string {
  // Its own name is the last; where nothing was mixed in, all others were there before it.
  const kept = isMixed(first.response) ? [] : first.response.globalData.clients.slice(0, -1);
  if (kept.length === 0) return "";
  if (kept.length > 1) return `kept ${kept.length} names`;
  const from = before?.experiment === first.experiment ? `run ${before.runIndex + 1}` : "before";
  return `kept ${kept[0]}${isWide ? ` from ${from}` : ""}`;
}

/** `mixed` where the globals changed under an answer, `at once` where only the process was shared. */
export function answerWords({ response }: Invocation, atOnce: number): string {
  if (isMixed(response)) return "mixed";
  return atOnce > 1 ? "at once" : "";
}

export function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const suffix = teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}
