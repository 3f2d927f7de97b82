/**
 * Fires one stage of a plan. Arm, then fire: all that can be done before the shot is done before it.
 * Connections are open, and each holds back a request, signed and whole. The shot releases one after
 * the other, so that one write a socket is all that stands between it and the wire.
 */

import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { ExperimentError, rootMessage } from "../errors.ts";
import {
  burstOf,
  clientOf,
  type Part,
  type Plan,
  partName,
  type Stage,
  shareOf,
  WHOLE,
} from "../plan/plan.ts";
import type { Observation } from "../record-lines.ts";
import type { SignRequest } from "../target.ts";
import { type Connection, closeConnections, openConnections } from "./connections.ts";
import {
  type GivingUp,
  type Outgoing,
  prepareRequest,
  type RequestEnding,
  send,
} from "./exchange.ts";

/**
 * Between arming and the shot, in milliseconds, altogether and for each connection. Without it the server
 * still accepts connections when the shot falls, or the garbage of arming is collected meanwhile, and
 * the burst spreads: one of 5,000 over 116 ms after 20, and over 43 after 120. More brings none closer
 * together (`npm run bench -- burst`).
 */
const SETTLE_MS = 20;
const SETTLE_MS_EACH = 0.02;
/** How long a request may take to reach its socket while arming. */
const ARMING_TIMEOUT_MS = 30_000;
/** A timer may be late by some milliseconds: the last ones before an instant are waited for without. */
const LAST_MS = 20;
/** A clock that is set while it is waited for is noticed within this. */
const LONGEST_WAIT_MS = 500;

export interface Firing {
  url: URL;
  plan: Plan;
  stage: Stage;
  /** Which part of the stage this runner fires, where it does not fire it all; observations name it. */
  part?: Part | undefined;
  /** When the shot is to fall, by this machine's clock, in epoch milliseconds; without, or where it is past, at once. */
  at?: number | undefined;
  /** The run's id, which every observation carries. */
  run: string;
  /** From a request's sending until it is given up, in milliseconds. */
  timeoutMs: number;
  /** Where the target takes signed requests only. */
  sign?: SignRequest | undefined;
  /** Stops the run: what is in flight is given up, what was not sent yet stays unsent. */
  signal: AbortSignal;
  /** Called immediately before the first request leaves. */
  onShot: () => void;
  /** Called once for every request of the stage, in the tick that completes it. */
  onObservation: (observation: Observation) => void;
}

/** A request that is armed or on its way. */
interface Flight {
  readonly index: number;
  readonly connection: Connection;
  readonly controller: AbortController;
  readonly ending: Promise<RequestEnding>;
  /** Milliseconds from the shot; `undefined` before it. */
  sentAt: number | undefined;
  timer?: NodeJS.Timeout;
}

/**
 * Fires one stage: a burst of as many requests as the concurrency allows, then one more for each
 * that ends, until all were sent. Resolves when every request has its observation.
 *
 * @throws ExperimentError when arming fails; nothing was sent then
 */
export async function fire(firing: Firing): Promise<void> {
  const { url, stage, part = WHOLE, signal } = firing;
  const connections = await openConnections(url, shareOf(burstOf(stage), part), signal);
  try {
    await new Volley(firing, connections).fire();
  } finally {
    await closeConnections(connections);
  }
}

class Volley {
  readonly #firing: Firing;
  readonly #connections: readonly Connection[];
  readonly #bodies = new Map<string, string>();
  readonly #inFlight = new Set<Flight>();
  readonly #part: Part;
  readonly #runner: string | undefined;
  #shotAt = Number.NaN;
  /** Which request of the stage is sent next. */
  #next: number;
  /** An observation could not be taken: nothing more is sent or observed. */
  #broken = false;
  /** Why nothing more can be signed, so that nothing more is sent. */
  #unsignable: string | undefined;

  constructor(firing: Firing, connections: readonly Connection[]) {
    this.#firing = firing;
    this.#connections = connections;
    this.#part = firing.part ?? WHOLE;
    this.#runner = firing.part && partName(firing.part);
    this.#next = this.#part.number - 1;
  }

  async fire(): Promise<void> {
    const { signal, stage, at = 0 } = this.#firing;
    const stop = () => this.#giveUpAll();
    signal.addEventListener("abort", stop);
    try {
      const burst = await this.#loadBurst();
      await this.#arm(burst);
      untilInstant(at);
      this.#shoot(burst);
      await Promise.all(burst.map((flight) => this.#keepBusy(flight)));
      while (this.#next < stage.requests) {
        this.#emit(this.#take(), { outcome: "aborted", message: this.#unsignable });
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#giveUpAll();
    }
  }

  /** Signs the requests of the burst, and then hands each to a connection, which holds it back. */
  async #loadBurst(): Promise<Flight[]> {
    const signing = this.#connections.map(async (connection) => {
      return { connection, request: await this.#prepare(this.#take()) };
    });
    const { signal } = this.#firing;
    const loads = await Promise.all(signing).finally(() => signal.throwIfAborted());
    return loads.map(({ connection, request }) => this.#launch(connection, request));
  }

  /**
   * Waits until every connection holds back its whole request, settles, and waits for the instant.
   *
   * @throws ExperimentError when a connection is lost, and the signal's reason when it stops the run
   */
  async #arm(burst: readonly Flight[]): Promise<void> {
    const { signal, at = 0 } = this.#firing;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      const endings = burst.map(({ ending }) => ending);
      const ended = await Promise.race([...endings, untilReady(this.#connections, at, either)]);
      signal.throwIfAborted();
      // No request may end before the shot.
      if (ended) throw connectionLost(ended.message ?? "the target answered before it was asked");
    } finally {
      over.abort();
    }
  }

  #shoot(burst: readonly Flight[]): void {
    this.#firing.onShot();
    this.#shotAt = performance.now();
    for (const flight of burst) {
      flight.sentAt = this.#now();
      flight.connection.release();
    }
    for (const flight of burst) this.#limit(flight);
  }

  /** Keeps one connection busy: observes its request, then sends the next, until none is left. */
  async #keepBusy(first: Flight): Promise<void> {
    const { connection } = first;
    const { signal } = this.#firing;
    for (let flight = first; ; ) {
      this.#observe(flight, await flight.ending);
      if (this.#isOver) return;
      const index = this.#take();
      let request: Outgoing;
      try {
        request = await this.#prepare(index);
      } catch (error) {
        if (signal.aborted) return this.#emit(index, { outcome: "aborted" });
        // The next request could not be signed either: those in flight go on, and no more is sent.
        const message = `The request could not be signed: ${rootMessage(error)}`;
        this.#unsignable = message;
        return this.#emit(index, { outcome: "failed", message });
      }
      if (signal.aborted) return this.#emit(index, { outcome: "aborted" });
      const sentAt = this.#now();
      flight = this.#launch(connection, request);
      flight.sentAt = sentAt;
      this.#limit(flight);
    }
  }

  /** The next request of the part. */
  #take(): number {
    const index = this.#next;
    this.#next += this.#part.of;
    return index;
  }

  get #isOver(): boolean {
    const { signal, stage } = this.#firing;
    const isStopped = signal.aborted || this.#broken || this.#unsignable !== undefined;
    return isStopped || this.#next >= stage.requests;
  }

  /** @throws ExperimentError when it cannot be signed */
  async #prepare(index: number): Promise<Outgoing> {
    const { plan, sign } = this.#firing;
    return { index, ...(await prepareRequest(this.#bodyFor(clientOf(plan, index)), sign)) };
  }

  #bodyFor(client: string): string {
    const known = this.#bodies.get(client);
    if (known !== undefined) return known;
    const { holdMs, steps } = this.#firing.plan;
    const body = JSON.stringify({ client, holdMs, steps });
    this.#bodies.set(client, body);
    return body;
  }

  /** Hands a request to a connection, which holds it back until the shot and sends it after that. */
  #launch(connection: Connection, request: Outgoing): Flight {
    const controller = new AbortController();
    const ending = send(this.#firing.url, request, connection, controller.signal, this.#now);
    const flight = { index: request.index, connection, controller, ending, sentAt: undefined };
    this.#inFlight.add(flight);
    return flight;
  }

  #observe(flight: Flight, ending: RequestEnding): void {
    clearTimeout(flight.timer);
    this.#inFlight.delete(flight);
    const { index, sentAt } = flight;
    const { answeredAt, ...rest } = ending;
    this.#emit(index, { sentAt, answeredAt, ...rest });
  }

  #emit(
    index: number,
    seen: Omit<Observation, "type" | "run" | "index" | "client" | "runner">,
  ): void {
    if (this.#broken) return;
    const { run, plan, onObservation } = this.#firing;
    const client = clientOf(plan, index);
    try {
      const runner = this.#runner;
      onObservation({ type: "observation", run, index, client, runner, ...seen });
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  #limit(flight: Flight): void {
    const giveUp = () => flight.controller.abort("timed out" satisfies GivingUp);
    // What came while this process was stopped is read first: it came in time.
    flight.timer = setTimeout(() => setImmediate(giveUp), this.#firing.timeoutMs);
  }

  #giveUpAll(): void {
    for (const { controller } of this.#inFlight) controller.abort("aborted" satisfies GivingUp);
  }

  /** The runner's clock: milliseconds since the shot. */
  readonly #now = (): number => performance.now() - this.#shotAt;
}

/** @param at when it is to be ready, in epoch milliseconds; may be past */
async function untilReady(
  connections: readonly Connection[],
  at: number,
  signal: AbortSignal,
): Promise<undefined> {
  const deadline = performance.now() + ARMING_TIMEOUT_MS;
  for (const connection of connections) {
    while (!connection.isLoaded) {
      await nextTurn();
      signal.throwIfAborted();
      if (connection.isLost) throw connectionLost("the target closed it");
      if (performance.now() > deadline) throw connectionLost("the requests were not written");
    }
  }
  await wait(SETTLE_MS + SETTLE_MS_EACH * connections.length, undefined, { signal });
  for (;;) {
    const leftMs = at - Date.now() - LAST_MS;
    if (leftMs <= 0) break;
    await wait(Math.min(leftMs, LONGEST_WAIT_MS), undefined, { signal });
  }
  if (connections.some(({ isLost }) => isLost)) throw connectionLost("the target closed it");
}

/** Holds the thread until an instant that is near. A clock that is set back meanwhile does not hold it. */
function untilInstant(at: number): void {
  const deadline = performance.now() + LAST_MS;
  while (Date.now() < at && performance.now() < deadline);
}

function connectionLost(why: string): ExperimentError {
  return new ExperimentError("connection lost before the shot", { why });
}
