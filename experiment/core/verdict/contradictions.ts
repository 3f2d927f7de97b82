/**
 * Whether what the answers of one process say of themselves can all be true, and what the service says
 * of their environment's log stream with it. Where it cannot, they prove neither sharing nor isolation:
 * two processes may claim one identity, or a clock jumped.
 *
 * The times of a process are held against the runner's. The two clocks count from different moments,
 * and that of a process stands still while its environment is frozen; but it never runs back, and
 * never ahead of the runner's. Of several runners each one's clock counts from a moment of its own, so
 * that each is held against the process's clock for itself. What needs no runner's clock, such as
 * counters, is looked for over all of them.
 */

import { byRunner, type Identified, type Report } from "./evidence.ts";
import { firstIntersection, type Interval } from "./intervals.ts";

/** Slack for clocks that run at slightly different rates, in milliseconds and as a share. */
const SLACK_MS = 2;
const RATE = 1.001;

/**
 * Finds the processes whose answers contradict each other, instances that two processes claim, and
 * environments that have not one log stream each.
 *
 * @returns by process, what cannot be true
 */
export function findContradictions(items: readonly Identified[]): Map<string, string> {
  const contradictions = new Map<string, string>();
  for (const [process, claims] of Map.groupBy(items, (item) => item.report.process)) {
    const contradiction = contradictionIn(claims);
    if (contradiction) contradictions.set(process, contradiction);
  }
  const owners = new Map<string, Report>();
  for (const { report } of items) {
    const owner = owners.get(report.instance);
    if (!owner) owners.set(report.instance, report);
    else if (owner.thread !== report.thread) {
      contradictions.set(owner.process, "two threads claim one instance");
      contradictions.set(report.process, "two threads claim one instance");
    }
  }
  const environments = contradictoryStreams(items);
  if (environments.size === 0) return contradictions;
  for (const { report } of items) {
    const contradiction = environments.get(report.environment);
    if (contradiction) contradictions.set(report.process, contradiction);
  }
  return contradictions;
}

/**
 * Looks for a contradiction among the answers that claim to come from one process.
 *
 * @returns what cannot be true, or `undefined`
 */
function contradictionIn(items: readonly Identified[]): string | undefined {
  return (
    misdelivery(items) ??
    miscount(items) ??
    impossibleDuration(items) ??
    firstOf(byRunner(items), impossibleOrder) ??
    fallingCounter(items) ??
    entangledInstances(items)
  );
}

function firstOf<T>(groups: readonly T[], find: (group: T) => string | undefined) {
  for (const group of groups) {
    const found = find(group);
    if (found) return found;
  }
  return undefined;
}

/** A cache or a proxy may hand one request the answer of another. */
function misdelivery(items: readonly Identified[]): string | undefined {
  return items.some(({ report }) => report.misdelivered)
    ? "an answer names another client than its request did"
    : undefined;
}

/** An answer counts what is in its instance: see the contract. */
function miscount(items: readonly Identified[]): string | undefined {
  return items.some(({ report }) => report.miscounted)
    ? "a counter or a peak fell while an invocation was under way"
    : undefined;
}

function impossibleDuration(items: readonly Identified[]): string | undefined {
  for (const { report, sentAt, answeredAt } of items) {
    const duration = report.leftAt - report.enteredAt;
    if (duration < 0) return "an invocation left before it entered, by its own clock";
    if (duration > (answeredAt - sentAt) * RATE + SLACK_MS) {
      return "an invocation took longer by its own clock than its request was under way";
    }
  }
  return undefined;
}

/** @param items of one runner, whose runs follow one another */
function impossibleOrder(items: readonly Identified[]): string | undefined {
  let latestLeft = Number.NEGATIVE_INFINITY;
  // The items of an earlier run stand before those of a later one.
  for (const run of Map.groupBy(items, (item) => item.run).values()) {
    const earliest = run.reduce((min, { report }) => Math.min(min, report.enteredAt), Infinity);
    if (latestLeft > earliest + SLACK_MS) {
      return "an invocation entered, by its process's clock, before one of an earlier run left";
    }
    if (runsAhead(run)) {
      return "two invocations cannot have been, by the runner's clock, when their process's clock says";
    }
    latestLeft = run.reduce((max, { report }) => Math.max(max, report.leftAt), latestLeft);
  }
  return undefined;
}

/**
 * Whether more time passed between two moments of a run by the process's clock than by the runner's.
 * The runner knows of an entry that it was not before the request was sent, and of a leaving that it
 * was not after the answer came; so where one left after another had entered, no more may lie between
 * the two than between that answer and that sending.
 */
function runsAhead(run: readonly Identified[]): boolean {
  const byEntry = run.toSorted((a, b) => a.report.enteredAt - b.report.enteredAt);
  let entered = 0;
  // Of those that have entered: the most that the process's clock may be ahead of the runner's.
  let mostAhead = Number.POSITIVE_INFINITY;
  for (const item of run.toSorted((a, b) => a.report.leftAt - b.report.leftAt)) {
    const { leftAt } = item.report;
    for (let next = byEntry[entered]; next; next = byEntry[entered]) {
      if (next.report.enteredAt + SLACK_MS >= leftAt) break;
      mostAhead = Math.min(mostAhead, next.report.enteredAt - next.sentAt * RATE);
      entered += 1;
    }
    if (leftAt - item.answeredAt * RATE > mostAhead + SLACK_MS) return true;
  }
  return false;
}

/**
 * A counter only grows: an invocation that enters an instance after another has left finds it higher.
 * Of those that are inside together nothing follows, since a handler may wait before it counts.
 */
function fallingCounter(items: readonly Identified[]): string | undefined {
  for (const instance of Map.groupBy(items, (item) => item.report.instance).values()) {
    const counters = new Set(instance.map(({ report }) => report.counter));
    if (counters.size < instance.length)
      return "two answers claim one instance and the same counter";
    const byLeaving = instance.toSorted((a, b) => a.report.leftAt - b.report.leftAt);
    let left = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (const { report } of instance.toSorted((a, b) => a.report.enteredAt - b.report.enteredAt)) {
      for (let next = byLeaving[left]; next; next = byLeaving[left]) {
        if (next.report.leftAt + SLACK_MS >= report.enteredAt) break;
        highest = Math.max(highest, next.report.counter);
        left += 1;
      }
      if (report.counter < highest) {
        return "an invocation entered after another had left, and found a lower counter";
      }
    }
  }
  return undefined;
}

/** A thread evaluates the module again only after a restart: its instances follow one another. */
function entangledInstances(items: readonly Identified[]): string | undefined {
  for (const thread of Map.groupBy(items, (item) => item.report.thread).values()) {
    const instances = Map.groupBy(thread, (item) => item.report.instance);
    if (instances.size === 1) continue;
    const spans = [...instances.values()].map((invocations) => ({
      from: invocations.reduce((min, { report }) => Math.min(min, report.enteredAt), Infinity),
      until: invocations.reduce((max, { report }) => Math.max(max, report.leftAt), -Infinity),
    }));
    if (firstIntersection(spans)) return "two instances claim one thread at the same time";
  }
  return undefined;
}

/**
 * Finds environments that share a log stream or have two, by what the service says of their answers. A
 * process that was started in the place of another may call its environment by another name, since it
 * need not know the stream; but the two were never there at once.
 *
 * @returns by environment, what cannot be true
 */
function contradictoryStreams(items: readonly Identified[]): Map<string, string> {
  const contradictions = new Map<string, string>();
  const streams = new Map<string, string>();
  const owners = new Map<string, string>();
  const disputed = new Set<string>();
  for (const { report } of items) {
    const { environment, logStream } = report;
    if (logStream === undefined) continue;
    const stream = streams.get(environment);
    if (stream === undefined) streams.set(environment, logStream);
    else if (stream !== logStream) {
      contradictions.set(environment, "the service names two log streams for one environment");
    }
    const owner = owners.get(logStream);
    if (owner === undefined) owners.set(logStream, environment);
    else if (owner !== environment) disputed.add(logStream);
  }
  if (disputed.size === 0) return contradictions;
  const ofStream = Map.groupBy(items, ({ report }) => report.logStream ?? "");
  for (const stream of disputed) {
    const claims = ofStream.get(stream) ?? [];
    const wereAtOnce = byRunner(claims).some((those) => firstIntersection(certainLives(those)));
    if (!wereAtOnce) continue;
    for (const { report } of claims) {
      contradictions.set(
        report.environment,
        "the service names one log stream for two environments",
      );
    }
  }
  return contradictions;
}

/**
 * When each environment was there for certain, by the runner's clock, one run behind the other: from
 * when its first invocation had entered at the latest until its last one left at the earliest. A run is
 * taken to begin where the one before it ended, from whatever moment its own times are counted.
 *
 * @param items of one runner
 */
function certainLives(items: readonly Identified[]): Interval[] {
  const lives = new Map<string, Interval>();
  let endedAt = 0;
  for (const run of Map.groupBy(items, (item) => item.run).values()) {
    const shift = endedAt - run.reduce((min, { sentAt }) => Math.min(min, sentAt), Infinity);
    for (const { report, sentAt, answeredAt } of run) {
      const tookMs = (report.leftAt - report.enteredAt) / RATE - SLACK_MS;
      const { from, until } = lives.get(report.environment) ?? { from: Infinity, until: -Infinity };
      lives.set(report.environment, {
        from: Math.min(from, shift + answeredAt - tookMs),
        until: Math.max(until, shift + sentAt + tookMs),
      });
      endedAt = Math.max(endedAt, shift + answeredAt);
    }
  }
  return [...lives.values()];
}
