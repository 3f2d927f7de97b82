/**
 * What a check serves: each event alone, and rounds of events that are served together, in which order,
 * and when each is let go. One seed, one plan.
 */

import assert from "node:assert/strict";
import { seededRandom, shuffled } from "../basics/seeded-random.ts";
import type {
  FunctionCode,
  FunctionConfiguration,
} from "../local-lambda/function-configuration.ts";
import type { CheckEvent } from "./events-file.ts";

/** So often each event is served alone at first, with a pause that changes a clock's seconds. */
export const ALONE = { times: 3, pauseMs: 1_100 };

/**
 * When a symptom is believed: it comes again in four of at most six repetitions of its round, and then
 * in none of sixteen more servings of its event alone. What has nothing to do with the others, and
 * happens with whatever probability, gets through less than once in 1,000 times, as the binomial
 * distribution says: most easily what happens in every sixth answer. An event whose answer held a mark
 * of another is served beside itself so often, without that other.
 */
export const CONFIRM = { least: 4, most: 6, alone: 16, besideItself: 4 };

export interface CheckPlan {
  events: readonly CheckEvent[];
  code: FunctionCode;
  configuration: FunctionConfiguration;
  seed: number;
  /** How often each group of events is let go at once. */
  rounds: number;
  /** Whether what the handler waits for ends late. */
  delays: boolean;
  /** How long the handler may take alone, in milliseconds. */
  limitMs: number;
}

/** Events in one environment, one after the other, or at once. */
export interface Round {
  /** From 1 on, over all rounds. */
  number: number;
  phase: "in turn" | "at once";
  /**
   * The events by their index, one after the other, that its environment serves first: some mix-ups
   * need that something was kept before.
   */
  before: readonly number[];
  /** The events by their index, in the order in which they come. */
  events: readonly number[];
  /** When each is let go, in milliseconds; of those in turn none. */
  letGoAtMs: readonly number[];
  /** Settles by how much the handler's waits end late. */
  seed: number;
}

/** So many orders are tried, and each is gone through twice. */
const MOST_ORDERS = 4;
/** What takes some ten seconds on two cores, where each round is an environment that starts. */
const USUAL_ROUNDS = 72;
const ROUNDS_OF_A_GROUP = { least: 3, most: 12 };
/** Of so many rounds of a group, those from this one on are in an environment that served it before. */
const WARM = { of: 4, from: 2 };

/**
 * How often a group of events is let go at once, where nothing else is asked for. There is a group for
 * each pair, and one of all.
 */
export function usualRounds(events: number): number {
  const { least, most } = ROUNDS_OF_A_GROUP;
  const pairs = (events * (events - 1)) / 2;
  const fitting = Math.floor(USUAL_ROUNDS / (pairs + 1));
  return Math.min(most, Math.max(least, fitting));
}

/** How often each event is served in the rounds of such a plan. */
export function servingsOf(plan: readonly Round[], event: number): number {
  return plan.flatMap(({ before, events }) => [...before, ...events]).filter((one) => one === event)
    .length;
}

/**
 * Plans the rounds. Each time is a share of what the first event takes alone: {@link timeRound} makes
 * milliseconds of it.
 *
 * @param all the events by their index
 * @param rounds how often each group is let go at once
 */
export function planRounds(all: readonly number[], rounds: number, seed: number): Round[] {
  const random = seededRandom(seed);
  const plan: Round[] = [];
  const add = (round: Pick<Round, "phase" | "before" | "events" | "letGoAtMs">) => {
    plan.push({ ...round, number: plan.length + 1, seed: Math.floor(random() * 2 ** 31) });
  };
  const orders: (readonly number[])[] = [all, all.toReversed()];
  while (all.length > 2 && orders.length < MOST_ORDERS) orders.push(shuffled(all, random));
  for (const order of orders) {
    add({ phase: "in turn", before: [], events: [...order, ...order], letGoAtMs: [] });
  }
  for (let round = 0; round < rounds; round++) {
    const addAtOnce = (events: readonly number[], letGoAtMs: readonly number[]) => {
      const before = round % WARM.of < WARM.from ? [] : events;
      add({ phase: "at once", before, events, letGoAtMs });
    };
    const order = shuffled(all, random);
    addAtOnce(
      order,
      order.map(() => 0),
    );
    for (const [one, other] of pairsOf(all)) {
      const pair = round % 2 === 0 ? [one, other] : [other, one];
      addAtOnce(pair, [0, random()]);
    }
  }
  return plan;
}

/**
 * A round whose second event is let go at a share of the time that the first one takes alone.
 *
 * @param aloneMs of each event; `undefined`: it never settled
 */
export function timeRound(round: Round, aloneMs: readonly (number | undefined)[]): Round {
  const [first] = round.events;
  assert(first !== undefined, "a round has events");
  const firstMs = aloneMs[first] ?? 0;
  return { ...round, letGoAtMs: round.letGoAtMs.map((share) => share * firstMs) };
}

/**
 * The same round of one event alone, all let go together: so they meet even if it takes no time.
 *
 * @param time from 0 on: each time its waits end late by something else
 */
export function besideItself(round: Round, event: number, time: number): Round {
  return {
    ...round,
    before: round.before.map(() => event),
    events: round.events.map(() => event),
    letGoAtMs: round.letGoAtMs.map(() => 0),
    seed: round.seed ^ time,
  };
}

export function pairsOf(list: readonly number[]): [number, number][] {
  return list.flatMap((one, at) =>
    list.slice(at + 1).map((other): [number, number] => [one, other]),
  );
}
