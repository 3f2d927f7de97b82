/** Which events are served together, in which order, and when each is let go. One seed, one plan. */

import assert from "node:assert/strict";
import { seededRandom, shuffled } from "../basics/seeded-random.ts";

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
  const fitting = Math.floor(USUAL_ROUNDS / (pairsOf(events).length + 1));
  return Math.min(most, Math.max(least, fitting));
}

/** How often each event is served in the rounds of such a plan. */
export function servingsOf(plan: readonly Round[], event: number): number {
  return plan.flatMap(({ before, events }) => [...before, ...events]).filter((one) => one === event)
    .length;
}

/**
 * @param events how many there are; what each takes alone is multiplied in by {@link timed}
 * @param rounds how often each group is let go at once
 */
export function planRounds(events: number, rounds: number, seed: number): Round[] {
  const random = seededRandom(seed);
  const all = Array.from({ length: events }, (_, at) => at);
  const plan: Round[] = [];
  const add = (round: Pick<Round, "phase" | "before" | "events" | "letGoAtMs">) => {
    plan.push({ ...round, number: plan.length + 1, seed: Math.floor(random() * 2 ** 31) });
  };
  const orders = [all, all.toReversed()];
  while (events > 2 && orders.length < MOST_ORDERS) orders.push(shuffled(all, random));
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
    for (const [one, other] of pairsOf(events)) {
      const pair = round % 2 === 0 ? [one, other] : [other, one];
      addAtOnce(pair, [0, random()]);
    }
  }
  return plan;
}

/** A round whose second event is let go at a share of the time that the first one takes alone. */
export function timed(round: Round, aloneMs: readonly number[]): Round {
  const [first] = round.events;
  assert(first !== undefined);
  const firstMs = aloneMs[first] ?? 0;
  return { ...round, letGoAtMs: round.letGoAtMs.map((share) => share * firstMs) };
}

export function pairsOf(events: number): [number, number][] {
  const indices = Array.from({ length: events }, (_, at) => at);
  return indices.flatMap((one) =>
    indices.slice(one + 1).map((other): [number, number] => [one, other]),
  );
}
