/** Schedules whose truth is known: who really was where and when, and what would be observed. */

import fc from "fast-check";
import type { Observation } from "../experiment/core/record-lines.ts";
import type { Answer } from "../handler/contract.ts";

/** One request as it truly went; times are milliseconds of one clock that nobody can read. */
export interface Visit {
  process: number;
  /** Of the process; each has globals of its own. */
  thread: number;
  sentAt: number;
  begin: number;
  end: number;
  answeredAt: number;
  /** The answer never reached the runner. */
  lost: boolean;
}

/**
 * What the runner observes of these visits.
 *
 * @param clockOffsets those of the processes' clocks
 * @param nameOf names the client of each visit
 */
export function observe(
  visits: readonly Visit[],
  clockOffsets: readonly number[],
  nameOf = (index: number) => `client ${index}`,
): Observation[] {
  const answers = new Map<Visit, Answer>();
  const instances = Map.groupBy(visits, ({ process, thread }) => `${process}/${thread}`);
  const clients = new Map(visits.map((visit, index) => [visit, nameOf(index)]));
  for (const members of instances.values()) serve(members, clockOffsets, visits, clients, answers);
  return visits.map((visit, index) => {
    const client = nameOf(index);
    const { sentAt, answeredAt } = visit;
    // In the order in which the runner records.
    const seen = { type: "observation", run: "r", index, client, sentAt, answeredAt } as const;
    if (visit.lost) return { ...seen, outcome: "timed out" };
    return { ...seen, status: 200, outcome: "ok", response: answers.get(visit) };
  });
}

/** Plays the visits of one instance in order, as the handler would experience them. */
function serve(
  members: readonly Visit[],
  clockOffsets: readonly number[],
  all: readonly Visit[],
  clients: ReadonlyMap<Visit, string>,
  answers: Map<Visit, Answer>,
): void {
  const globals = { counter: 0, client: "", clients: [] as string[] };
  const inside = new Map<Visit, Answer["invocation"] & object>();
  const moments = members
    .flatMap((visit) => [
      { at: visit.begin, visit, enters: true },
      { at: visit.end, visit, enters: false },
    ])
    // One that leaves makes room for one that enters at the same moment.
    .sort((a, b) => a.at - b.at || Number(a.enters) - Number(b.enters));
  for (const { visit, enters } of moments) {
    const offset = clockOffsets[visit.process] ?? 0;
    if (enters) {
      const client = clients.get(visit) ?? "";
      globals.counter += 1;
      globals.client = client;
      globals.clients.push(client);
      const inFlight = inside.size + 1;
      for (const other of inside.values()) {
        other.inFlightPeak = Math.max(other.inFlightPeak, inFlight);
      }
      inside.set(visit, {
        requestId: `request ${all.indexOf(visit)}`,
        enteredAt: visit.begin + offset,
        leftAt: visit.end + offset,
        enteredEpochMs: 0,
        leftEpochMs: 0,
        inFlightOnEntry: inFlight,
        inFlightPeak: inFlight,
        onEntry: { counter: globals.counter, client },
      });
    } else {
      const invocation = inside.get(visit);
      inside.delete(visit);
      if (invocation) answers.set(visit, answerOf(visit, globals, invocation));
    }
  }
}

function answerOf(
  visit: Visit,
  globals: Answer["globalData"],
  invocation: Answer["invocation"] & object,
): Answer {
  return {
    client: invocation.onEntry.client,
    globalData: structuredClone(globals),
    message: "ok",
    environment: {
      id: `environment ${visit.process}`,
      instance: `instance ${visit.process}/${visit.thread}`,
      pid: 8,
      threadId: visit.thread,
      initializedAt: 0,
      coldStart: invocation.onEntry.counter === 1,
      nodeVersion: "v24.0.0",
      architecture: "arm64",
    },
    invocation,
  };
}

export interface Schedule {
  visits: Visit[];
  clockOffsets: number[];
}

const PROCESSES = 5;

/**
 * Schedules in which no process ever serves two at once: requests of a burst and later ones, cold
 * starts, jitter on both ways, answers lost, clocks with any offset.
 */
export const isolatedSchedule: fc.Arbitrary<Schedule> = fc
  .record({
    holdMs: fc.integer({ min: 100, max: 5_000 }),
    clockOffsets: fc.array(fc.integer({ min: -1e9, max: 1e9 }), {
      minLength: PROCESSES,
      maxLength: PROCESSES,
    }),
    requests: fc.array(
      fc.record({
        process: fc.nat({ max: PROCESSES - 1 }),
        sentAt: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8_000 })),
        way: fc.integer({ min: 0, max: 300 }),
        coldStart: fc.integer({ min: 0, max: 8_000 }),
        jitter: fc.integer({ min: 0, max: 50 }),
        back: fc.integer({ min: 0, max: 300 }),
        lost: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
      }),
      { minLength: 1, maxLength: 25 },
    ),
  })
  .map(({ holdMs, clockOffsets, requests }) => {
    const freeAt = new Map<number, number>();
    const visits = requests
      .toSorted((a, b) => a.sentAt - b.sentAt)
      .map(({ process, sentAt, way, coldStart, jitter, back, lost }): Visit => {
        const known = freeAt.get(process);
        const ready = known ?? sentAt + coldStart;
        const begin = Math.max(sentAt + way, ready);
        const end = begin + holdMs + jitter;
        freeAt.set(process, end);
        return { process, thread: 0, sentAt, begin, end, answeredAt: end + back, lost };
      });
    return { visits, clockOffsets };
  });

/** The runners that fired the visits of a schedule, and their clocks. */
export interface Runners {
  /** The runner of each visit. */
  ofVisits: readonly number[];
  /** By runner and run, how many milliseconds its clock shows at the schedule's beginning. */
  clockOffsets: readonly (readonly number[])[];
  /** By runner, which of the moments that could end its first run does. */
  ends: readonly number[];
}

const HOUR_MS = 3_600_000;
const MOST_VISITS = 30;

/** Clocks that are off by anything from a millisecond to an hour. */
const clockOffset = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: HOUR_MS })),
    fc.boolean(),
  )
  .map(([ms, isAhead]) => (isAhead ? ms : -ms));

/** Two runners to four that fire a schedule together, each in two runs. */
export const severalRunners: fc.Arbitrary<Runners> = fc
  .integer({ min: 2, max: 4 })
  .chain((count) => {
    const each = { minLength: count, maxLength: count };
    const every = { minLength: MOST_VISITS, maxLength: MOST_VISITS };
    return fc.record({
      ofVisits: fc.array(fc.nat({ max: count - 1 }), every),
      clockOffsets: fc.array(fc.tuple(clockOffset, clockOffset), each),
      ends: fc.array(fc.nat(), each),
    });
  });

/**
 * What several runners observe of a schedule, run by run. The runs of each follow one another; those of
 * two runners may lie anyhow.
 */
export function observeByRunners(
  { visits, clockOffsets }: Schedule,
  runners: Runners,
): Observation[][] {
  const inSecond = runners.ends.flatMap((end, runner) => {
    const own = visits.filter((_, index) => runners.ofVisits[index] === runner);
    return secondRun(own, end);
  });
  const seen = observe(visits, clockOffsets).map((observation, index) => {
    const runner = runners.ofVisits[index] ?? 0;
    const run = inSecond.includes(visits[index] as Visit) ? 1 : 0;
    const ahead = runners.clockOffsets[runner]?.[run] ?? 0;
    const { sentAt = 0, answeredAt = 0 } = observation;
    const times = { sentAt: sentAt + ahead, answeredAt: answeredAt + ahead };
    return { ...observation, ...times, run: `run ${run}`, runner: `runner ${runner}` };
  });
  return ["run 0", "run 1"].map((run) => seen.filter((observation) => observation.run === run));
}

/** The visits of one runner from one of the moments on at which it waits for no answer. */
function secondRun(own: readonly Visit[], end: number): Visit[] {
  const inOrder = own.toSorted((a, b) => a.sentAt - b.sentAt);
  const cuts = inOrder.flatMap(({ sentAt }, index) => {
    const isQuiet = inOrder.slice(0, index).every(({ answeredAt }) => answeredAt <= sentAt);
    return isQuiet ? [index] : [];
  });
  // The first of them leaves nothing for the first run, which may be.
  return inOrder.slice(cuts.length === 0 ? 0 : cuts[end % cuts.length]);
}
