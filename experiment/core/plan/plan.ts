/**
 * What to fire: the clients, how long the handler holds each request, and the stages. And the parts of it,
 * where several runners fire it together.
 */

import assert from "node:assert/strict";
import {
  DEFAULT_HOLD_MS,
  DEFAULT_STEPS,
  HOLD_LIMITS_MS,
  MAX_STEPS,
} from "../../../handler/contract.ts";

/** One run's worth of requests. */
export interface Stage {
  /** Requests in flight at once. */
  concurrency: number;
  /** How many in all; request i carries client i modulo their number. */
  requests: number;
  /** Pause before the stage, in milliseconds. */
  pauseMs: number;
}

export interface Plan {
  name: string;
  clients: string[];
  /** How long the handler awaits simulated I/O, in milliseconds, in `steps` equal parts. */
  holdMs: number;
  steps: number;
  stages: Stage[];
}

/** Limits, both inclusive. */
export interface Range {
  min: number;
  max: number;
}

/** The limits of a plan. */
export const LIMITS = {
  concurrency: { min: 1, max: 1_000_000 },
  requests: { min: 1, max: 1_000_000 },
  holdMs: HOLD_LIMITS_MS,
  steps: { min: 1, max: MAX_STEPS },
  runs: { min: 1, max: 1_000 },
  pauseMs: { min: 0, max: 3_600_000 },
  /** Of a run that is as long as it is told to be. */
  durationMs: { min: 100, max: 3_600_000 },
} as const satisfies Record<string, Range>;

/** So many requests at once, one runner fires; more are for several. */
export const MOST_OF_RUNNER = 10_000;

const REFERENCE_CLIENTS = ["Ana", "Barbara", "Mario", "Dean", "John"];

/** The reference experiment: five clients at once, held five seconds, twice without a pause. */
export const referencePlan: Plan = {
  name: "reference",
  clients: REFERENCE_CLIENTS,
  holdMs: DEFAULT_HOLD_MS,
  steps: DEFAULT_STEPS,
  stages: equalStages(2, REFERENCE_CLIENTS.length, REFERENCE_CLIENTS.length, 0),
};

/** Stages that are alike; the pause stands between them, so the first one has none. */
export function equalStages(
  runs: number,
  concurrency: number,
  requests: number,
  pauseMs: number,
): Stage[] {
  return Array.from({ length: runs }, (_, run) => ({
    concurrency,
    requests,
    pauseMs: run === 0 ? 0 : pauseMs,
  }));
}

/** The client whose name request `index` of any stage carries. */
export function clientOf(plan: Plan, index: number): string {
  const client = plan.clients[index % plan.clients.length];
  assert(client !== undefined, "a plan has at least one client");
  return client;
}

/** How many requests a stage fires at the same instant. */
export function burstOf(stage: Stage): number {
  return Math.min(stage.concurrency, stage.requests);
}

/** Whether the stages differ, or the first one has a pause, so that one cannot stand for all. */
export function isUneven({ stages }: Plan): boolean {
  const [first, second] = stages;
  const isLike = (stage: Stage, run: number) =>
    stage.concurrency === first?.concurrency &&
    stage.requests === first.requests &&
    stage.pauseMs === (run === 0 ? 0 : second?.pauseMs);
  return !stages.every(isLike);
}

/** How many requests all stages fire. */
export function requestsOf({ stages }: Plan): number {
  return stages.reduce((sum, { requests }) => sum + requests, 0);
}

/**
 * How long the requests of a stage take at least, in milliseconds: as many rounds of the hold as its
 * concurrency needs. Cold starts and the way there and back come on top.
 */
export function stageDurationMs({ requests, concurrency }: Stage, holdMs: number): number {
  return Math.ceil(requests / concurrency) * holdMs;
}

// Parts: which requests each of several runners fires, and when. Each computes it from the plan alone,
// so that none has to ask another.

/** What one of several runners fires: every `of`-th request of each run, from the `number`-th on. */
export interface Part {
  /** From 1. */
  number: number;
  of: number;
}

/** Of one runner, which fires it all. */
export const WHOLE: Part = { number: 1, of: 1 };

/** What a part is called, and the runner that fires it: such as `2/3`. */
export function partName({ number, of }: Part): string {
  return `${number}/${of}`;
}

/** The names of all parts, in order. */
export function partNames({ of }: Part): string[] {
  return Array.from({ length: of }, (_, index) => partName({ number: index + 1, of }));
}

/** How many of the first `count` requests of a run are the part's. */
export function shareOf(count: number, { number, of }: Part): number {
  return Math.max(0, Math.ceil((count - (number - 1)) / of));
}

/**
 * How long before the shot a runner begins to open connections and to sign, in milliseconds: the same
 * for all that share the stage.
 */
export function armingMs(stage: Stage, runners: number): number {
  return 2_000 + 2 * Math.ceil(burstOf(stage) / runners);
}

/** A round takes longer than its hold, by the way there and back. */
const ROUNDS_TAKE = 1.5;

/** How long cold starts may take: AWS adds 1,000 environments in ten seconds. */
function coldStartMs(stage: Stage): number {
  return 3_000 + 10 * burstOf(stage);
}

/**
 * When each run is fired, in milliseconds after the first: all runners shall be through with the run
 * before it by then, and armed. A runner that is not fires late, which its record shows. The pause of the
 * first run is not waited for.
 *
 * @param runners how many fire the plan together
 */
export function startOffsets({ stages, holdMs }: Plan, runners: number): number[] {
  let at = 0;
  return stages.map((stage, index) => {
    const before = stages[index - 1];
    if (before) {
      const roundsMs = ROUNDS_TAKE * stageDurationMs(before, holdMs);
      at += Math.ceil(roundsMs + coldStartMs(before) + stage.pauseMs + armingMs(stage, runners));
    }
    return at;
  });
}
