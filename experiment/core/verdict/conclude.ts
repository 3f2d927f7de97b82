/**
 * From observations to a verdict: what is believed, the proof of sharing, or else the trials without it,
 * or why nothing can be concluded. Pure: a record made elsewhere can be concluded the same way.
 */

import { inWords } from "../../../basics/counts.ts";
import { formatDuration } from "../plan/duration.ts";
import type { Conclusion, Outcome, Sharing, Witness, WitnessParty } from "../record-lines.ts";
import { findContradictions } from "./contradictions.ts";
import {
  byRunner,
  type Evidence,
  type Identified,
  isIdentified,
  isOfOneRunner,
  type RunEvidence,
} from "./evidence.ts";
import {
  componentSizes,
  countDeepest,
  countIntersections,
  firstIntersection,
  type Interval,
} from "./intervals.ts";

/**
 * Concludes over all runs of an experiment, which follow one another by the clock of each runner. Those
 * of two runners need not: proof is looked for over all runs together, by the clocks of processes.
 */
export function concludeExperiment(runs: readonly RunEvidence[]): Conclusion {
  const { identified, contradictions, credible } = believe(runs);
  const believed = contradictions.size === 0 ? identified : credible.flat();
  const outcomes = countOutcomes(runs);
  const trials = sum(credible, countTrials);
  const proof = findProof(believed);
  const reason = proof
    ? undefined
    : reasonFor({ runs, outcomes, identified, contradictions, trials });
  const isolated = !proof && reason === undefined;

  return {
    verdict: proof ? "shared" : isolated ? "isolated" : "inconclusive",
    ...(proof && { sharing: proof.sharing }),
    ...(reason !== undefined && { reason }),
    environments: countDistinct(identified, (item) => item.report.environment),
    processes: countDistinct(identified, (item) => item.report.process),
    instances: countDistinct(identified, (item) => item.report.instance),
    coldStarts: identified.filter((item) => item.report.coldStart).length,
    overlaps: countOverlaps(believed),
    mixed: believed.filter((item) => item.report.mixed).length,
    trials,
    warmTrials: sum(credible, (run) => countTrials(run.filter((item) => !item.report.coldStart))),
    ...(isolated && { bound: upperBound(trials) }),
    ...(proof && { witness: proof.witness }),
    outcomes,
    wallMs: sum(runs, wallOf),
    skewMs: runs.reduce((largest, run) => Math.max(largest, skewOf(run)), 0),
    memory: believed.some(isRemembering) ? "kept" : "not seen",
  };
}

/**
 * Takes an `isolated` back where the instrument did not see sharing in its control either, where
 * there is nothing but sharing. Proof of sharing stands whatever a control said.
 *
 * @param control over all runs of the control; `undefined` when there was none
 */
export function withControl(conclusion: Conclusion, control: Conclusion | undefined): Conclusion {
  if (!control || control.verdict === "shared" || conclusion.verdict !== "isolated") {
    return conclusion;
  }
  const { bound: _, ...rest } = conclusion;
  const why = control.reason ?? "Its requests did not overlap.";
  return {
    ...rest,
    verdict: "inconclusive",
    reason:
      "The control, whose requests must share a process, showed no sharing, so it might have gone " +
      `unseen here as well. ${why}`,
  };
}

/**
 * Whether this invocation found what an earlier one, already over, had left: its counter is higher
 * than the number of invocations in its instance accounts for.
 */
function isRemembering({ report }: Identified): boolean {
  return report.counter > report.inFlightOnEntry;
}

function countOutcomes(runs: readonly RunEvidence[]): Partial<Record<Outcome, number>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { requests } of runs) {
    for (const { outcome } of requests) counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** How many trials each runner had in a run: together those of its conclusion. */
export function trialsByRunner(run: RunEvidence): Map<string | undefined, number> {
  const groups = Map.groupBy(believe([run]).credible.flat(), ({ runner }) => runner);
  return new Map([...groups].map(([runner, items]) => [runner, countTrials(items)]));
}

/** What of the answers is believed, run by run: nothing of a process whose answers contradict each other. */
function believe(runs: readonly RunEvidence[]) {
  const byRun = runs.map((run) => run.requests.filter(isIdentified));
  const identified = byRun.flat();
  const contradictions = findContradictions(identified);
  const isCredible = (item: Identified) => !contradictions.has(item.report.process);
  const credible = contradictions.size === 0 ? byRun : byRun.map((run) => run.filter(isCredible));
  return { identified, contradictions, credible };
}

/** From the shot to the last answer, in milliseconds, by the clock of whichever runner took longest. */
function wallOf({ requests }: RunEvidence): number {
  return requests.reduce((latest, { answeredAt = 0 }) => Math.max(latest, answeredAt), 0);
}

/** Between the first and the last request that a runner fired of the burst, in milliseconds. */
function skewOf({ requests, concurrency }: RunEvidence): number {
  const burst = requests.filter(({ index }) => index < concurrency);
  return burst.reduce((latest, { sentAt = 0 }) => Math.max(latest, sentAt), 0);
}

function countDistinct<T>(items: readonly T[], keyOf: (item: T) => string): number {
  const keys = new Set<string>();
  for (const item of items) keys.add(keyOf(item));
  return keys.size;
}

function sum<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((total, item) => total + measure(item), 0);
}

// Proof: one process served two requests at once. One pair is enough.

interface Proof {
  sharing: Sharing;
  witness: Witness;
}

/** An invocation as an interval of its process's own clock. */
function intervalOf(item: Identified) {
  return { from: item.report.enteredAt, until: item.report.leftAt, item };
}

/** Pairs of invocations that were in one process at once, over all processes. */
function countOverlaps(all: readonly Identified[]): number {
  const processes = Map.groupBy(all, (item) => item.report.process).values();
  return processes.reduce((sum, items) => sum + countIntersections(items.map(intervalOf)), 0);
}

/** The most requests that one process had inside at once, by its own clock. */
export function mostAtOnce(runs: readonly RunEvidence[]): number {
  const identified = runs.flatMap((run) => run.requests.filter(isIdentified));
  const processes = Map.groupBy(identified, (item) => item.report.process).values();
  return processes.reduce((most, items) => Math.max(most, countDeepest(items.map(intervalOf))), 0);
}

/**
 * Looks for proof of sharing, the strongest first: two invocations of one instance at once; an answer
 * that says another was in flight in its instance, or whose globals changed under it (the partner's
 * own answer may have been lost); two invocations of one process at once. No runner's clock is needed.
 */
function findProof(all: readonly Identified[]): Proof | undefined {
  const process = findOverlap(all, (item) => item.report.process);
  // An instance is of one process: where no process has an overlap, no instance has.
  const instance = process && findOverlap(all, (item) => item.report.instance);
  const globals = instance ?? findLostPartner(all);
  if (globals) return { sharing: "globals", witness: globals };
  return process && { sharing: "process", witness: process };
}

function findOverlap(
  all: readonly Identified[],
  keyOf: (item: Identified) => string,
): Witness | undefined {
  for (const items of Map.groupBy(all, keyOf).values()) {
    const pair = firstIntersection(items.map(intervalOf));
    if (pair) return witness(pair[0].item, pair[1].item);
  }
  return undefined;
}

function findLostPartner(all: readonly Identified[]): Witness | undefined {
  const item = all.find(
    ({ report }) => Math.max(report.inFlightOnEntry, report.inFlightPeak) > 1 || report.mixed,
  );
  return item && witness(item);
}

function witness(first: Identified, second?: Identified): Witness {
  const { environment, pid, enteredAt } = first.report;
  const party = ({ run, index, client, report }: Identified): WitnessParty => ({
    run,
    index,
    client,
    requestId: report.requestId,
    enteredMs: report.enteredAt - enteredAt,
    leftMs: report.leftAt - enteredAt,
  });
  return { environment, pid, first: party(first), ...(second && { second: party(second) }) };
}

// Trials: how many chances to share a process the service had, and what not having taken them is worth

/**
 * When an invocation ran for certain, by the runner's clock, whatever the clock of its environment.
 *
 * With the handler's own duration d, it began at the latest at `answeredAt − d` and ended at the
 * earliest at `sentAt + d`. Where these leave nothing between them there is no certainty.
 */
function certainInterval(item: Identified): Interval | undefined {
  const duration = item.report.leftAt - item.report.enteredAt;
  const from = item.answeredAt - duration;
  const until = item.sentAt + duration;
  return from < until ? { from, until } : undefined;
}

/**
 * Counts the chances to share of one run, each a request that could have been put into a process which
 * was certainly busy: the size less one of every group whose members are connected by certain
 * overlaps. Five at once give four. Certainty is of one clock, so that groups are of one runner each;
 * there are never more trials than one clock would have shown.
 */
export function countTrials(items: readonly Identified[]): number {
  const groups = byRunner(items).flatMap((those) => componentSizes(certainIntervals(those)));
  return groups.reduce((sum, size) => sum + size - 1, 0);
}

/** One at a time: of a million requests no list of intervals need be kept. */
function* certainIntervals(items: readonly Identified[]): Generator<Interval> {
  for (const item of items) {
    const interval = certainInterval(item);
    if (interval) yield interval;
  }
}

/**
 * The 95 % upper bound on the probability that the service puts two requests into one process,
 * when it had `trials` chances and took none: 1 − 0.05^(1/n). It takes the service's decisions as
 * independent of each other, which those of a single burst are not quite.
 *
 * @returns a probability from 0 to 1; 1 when there was no trial
 */
export function upperBound(trials: number): number {
  return trials > 0 ? 1 - 0.05 ** (1 / trials) : 1;
}

// The reason: why nothing can be concluded, and what would help

/** What is known when there is no proof. */
interface Findings {
  runs: readonly RunEvidence[];
  outcomes: Partial<Record<Outcome, number>>;
  identified: readonly Identified[];
  contradictions: ReadonlyMap<string, string>;
  trials: number;
}

/**
 * Explains why requests without proof of sharing are not proof of isolation either.
 *
 * @returns one or two sentences, or `undefined` where isolation can be concluded
 */
function reasonFor(findings: Findings): string | undefined {
  const { outcomes, identified, contradictions, trials } = findings;
  const { ok = 0 } = outcomes;
  if (ok === 0) return noAnswer(findings);

  const anonymous = ok - identified.length;
  if (anonymous > 0) {
    return (
      `${inWords(anonymous)} of ${inWords(ok)} answers did not say which environment served them. ` +
      "Deploy this project's handler, which reports it."
    );
  }
  const [contradiction] = contradictions.values();
  if (contradiction !== undefined) {
    return (
      `The answers contradict each other: ${contradiction}. ` +
      "Check that the handler was not changed, and run again."
    );
  }
  return trials === 0 ? noTrial(findings) : undefined;
}

function noAnswer(findings: Findings): string {
  if (findings.runs.length === 0) return "Nothing was fired. Run again and let it finish.";
  if (Object.keys(findings.outcomes).length === 0) {
    return (
      "Requests were fired, and the runner ended before any of their answers was recorded. " +
      "Run again and let it finish."
    );
  }
  const lack = findings.outcomes.unreadable ? "No answer could be read" : "No request was served";
  return `${lack}: ${unanswered(findings)}. ${remedyFor(findings)}`;
}

function noTrial(findings: Findings): string {
  const { runs, identified } = findings;
  if (runs.every((run) => run.concurrency === 1)) {
    const what = runs.every((run) => run.requests.length === 1) ? " and the requests" : "";
    return (
      "Only one request was in flight at a time, so no two could have met. " +
      `Raise the concurrency${what} to 2 or more.`
    );
  }
  if (runs.every((run) => run.requests.length === 1) && identified.length === runs.length) {
    return (
      "Only one request of each run is on the record, so no two could have met. If that is one part " +
      "of several, report all parts together."
    );
  }
  if (runs.every((run) => run.requests.filter(isIdentified).length < 2)) {
    const requests = runs.reduce((sum, run) => sum + run.requests.length, 0);
    const others = unanswered(findings);
    return (
      `Only ${inWords(identified.length)} of ${inWords(requests)} requests ${identified.length === 1 ? "was" : "were"} answered` +
      `${others && ` (${others})`}, too few to have met. ${remedyFor(findings)}`
    );
  }
  const ofOne = runs.flatMap((run) => byRunner(run.requests.filter(isIdentified)));
  if (ofOne.every((requests) => requests.length < 2)) {
    return (
      "No runner had more than one request of a run answered, and clocks of different runners are " +
      "not compared. Raise the number of requests, or let fewer runners fire them."
    );
  }
  const uncertain = identified.filter((item) => certainInterval(item) === undefined);
  if (uncertain.length > 0) return holdTooShort(runs, uncertain);
  const whose = isOfOneRunner(identified) ? "" : " of each runner";
  return (
    `The requests${whose} that were answered ran one after the other. ` +
    "Raise the hold, or the number of requests."
  );
}

/** How many ended in which other way than `ok`, and what the first of them says. */
function unanswered({ runs, outcomes }: Findings): string {
  const counts = Object.entries(outcomes)
    .filter(([outcome]) => outcome !== "ok")
    .map(([outcome, count]) => `${inWords(count)} ${outcome}`)
    .join(", ");
  const isTelling = ({ outcome, message }: Evidence) => outcome !== "ok" && Boolean(message);
  const message = runs.flatMap((run) => run.requests).find(isTelling)?.message;
  return message === undefined ? counts : `${counts}: ${message.replace(/\.$/, "")}`;
}

function remedyFor({ outcomes }: Findings): string {
  if (outcomes.aborted) return "Run again and let it finish.";
  if (outcomes.throttled) return "Lower the concurrency, or raise the target's limit.";
  if (outcomes.unreadable) {
    return "The experiment reads this project's handler; what another does, check-handler tells.";
  }
  return "Check the target and run again.";
}

/**
 * What stands between a request's way and its hold: the time that a cold start, a queue or the
 * network took. Certainty needs a hold longer than that.
 */
function holdTooShort(runs: readonly RunEvidence[], uncertain: readonly Identified[]): string {
  const overheads = uncertain.map(
    ({ sentAt, answeredAt, report }) => answeredAt - sentAt - (report.leftAt - report.enteredAt),
  );
  const longest = overheads.reduce((max, value) => Math.max(max, value), 0);
  const hold = runs.reduce((max, run) => Math.max(max, run.holdMs), 0);
  const cause = uncertain.some(({ report }) => report.coldStart)
    ? "the cold start"
    : "the way to the handler";
  const enough = formatDuration(Math.ceil(longest / 1_000) * 1_000);
  return `The hold of ${formatDuration(hold)} was shorter than ${cause}. Raise it above ${enough}.`;
}

// The control: whether one that showed no sharing had any to show

/**
 * Whether sharing was there to be seen: two requests of one process were certainly in it at once, by the
 * runner's clock and not by that process's own. Where the service spread requests over environments, or
 * let them wait for each other, there was none to see, and nothing is wrong with the instrument. Answers
 * that contradict each other, or say nothing of themselves, are the instrument's fault.
 *
 * Of several runners, only two requests of the same one are known to have been there at once.
 *
 * An environment whose log stream the service names is known by that, whatever it calls itself.
 */
export function hadChance(runs: readonly RunEvidence[]): boolean {
  const byRun = runs.map((run) => run.requests.filter(isIdentified));
  const answered = runs.flatMap((run) => run.requests.filter(({ outcome }) => outcome === "ok"));
  const identified = byRun.flat();
  if (identified.length < answered.length || findContradictions(identified).size > 0) return true;
  return byRun.some((items) => {
    const places = Map.groupBy(items, ({ report }) => report.logStream ?? report.process);
    return places.values().some((those) => countTrials(those) > 0);
  });
}
