/**
 * Arm, then fire. Everything that can be done before the shot is done before it: connections are
 * open, requests are built and lie before their sockets. The shot lets go of one after the other, so
 * that what stands between it and the wire is one write a socket.
 */

import { ExperimentError } from "../errors.ts";
import { burstOf, clientOf, type Plan, type Stage } from "../plan/plan.ts";
import type { Observation } from "../record-lines.ts";
import type { SignRequest } from "../target.ts";
import { untilArmed } from "./arming.ts";
import { type Connection, closeConnections, openConnections } from "./connections.ts";
import { type Ending, type GivingUp, send } from "./request.ts";
import { type Outgoing, Requests } from "./requests.ts";

export interface Firing {
  url: URL;
  plan: Plan;
  stage: Stage;
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
  readonly controller: AbortController;
  readonly ending: Promise<Ending>;
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
  const { url, stage, signal } = firing;
  const connections = await openConnections(url, burstOf(stage), signal);
  try {
    await new Volley(firing, connections).fire();
  } finally {
    await closeConnections(connections);
  }
}

class Volley {
  readonly #firing: Firing;
  readonly #connections: readonly Connection[];
  readonly #requests: Requests;
  readonly #inFlight = new Set<Flight>();
  #shotAt = Number.NaN;
  /** An observation could not be taken: nothing more is sent or observed. */
  #broken = false;
  /** Why nothing more can be sent. */
  #unsignable: string | undefined;

  constructor(firing: Firing, connections: readonly Connection[]) {
    this.#firing = firing;
    this.#connections = connections;
    this.#requests = new Requests(firing.plan, firing.stage, firing.sign);
  }

  async fire(): Promise<void> {
    const { signal } = this.#firing;
    const stop = () => this.#giveUp("aborted");
    signal.addEventListener("abort", stop);
    try {
      const burst = await this.#loadBurst();
      const endings = burst.map((flight) => flight.ending);
      await untilArmed(this.#connections, endings, signal);
      this.#shoot(burst);
      await Promise.all(burst.map((flight, slot) => this.#serve(slot, flight)));
      const message = this.#unsignable;
      for (const index of this.#requests.skipRest()) {
        this.#emit(index, { outcome: "aborted", ...(message !== undefined && { message }) });
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#giveUp("aborted");
    }
  }

  /** Signs the requests of the burst, and then hands each to its connection. */
  async #loadBurst(): Promise<Flight[]> {
    const requests = await Promise.all(this.#connections.map(() => this.#requests.take()));
    this.#firing.signal.throwIfAborted();
    return this.#connections.map((connection, slot) => {
      const request = requests[slot];
      if (request && "body" in request) return this.#launch(connection, request);
      throw new ExperimentError(
        `${request?.message}`,
        "Check your AWS credentials and fire again.",
      );
    });
  }

  /** Hands a request to its connection, which holds it back until the shot. */
  #launch(connection: Connection, request: Outgoing): Flight {
    const controller = new AbortController();
    const ending = send(this.#firing.url, request, connection, controller.signal, this.#now);
    const flight = { index: request.index, controller, ending, sentAt: undefined };
    this.#inFlight.add(flight);
    return flight;
  }

  #shoot(burst: readonly Flight[]): void {
    this.#firing.onShot();
    this.#shotAt = performance.now();
    for (const [slot, flight] of burst.entries()) {
      flight.sentAt = this.#now();
      this.#connections[slot]?.release();
    }
    for (const flight of burst) this.#limit(flight);
  }

  /** Keeps one connection busy: observes its request, then sends the next, until none is left. */
  async #serve(slot: number, first: Flight): Promise<void> {
    const connection = this.#connections[slot];
    if (!connection) return;
    let flight = first;
    for (;;) {
      this.#observe(flight, await flight.ending);
      if (this.#isOver) return;
      const request = await this.#requests.take();
      if (this.#firing.signal.aborted) return this.#emit(request.index, { outcome: "aborted" });
      if ("message" in request) {
        // Nor could the next one: the others go on to their end, and nothing more is sent.
        this.#unsignable = request.message;
        return this.#emit(request.index, { outcome: "failed", message: request.message });
      }
      flight = this.#sendNow(connection, request);
    }
  }

  get #isOver(): boolean {
    const isStopped = this.#firing.signal.aborted || this.#broken;
    return isStopped || this.#unsignable !== undefined || !this.#requests.areLeft;
  }

  #sendNow(connection: Connection, request: Outgoing): Flight {
    const sentAt = this.#now();
    const flight = this.#launch(connection, request);
    flight.sentAt = sentAt;
    this.#limit(flight);
    return flight;
  }

  #observe(flight: Flight, ending: Ending): void {
    clearTimeout(flight.timer);
    this.#inFlight.delete(flight);
    const { index, sentAt } = flight;
    const { answeredAt, ...rest } = ending;
    this.#emit(index, { sentAt, answeredAt, ...rest });
  }

  #emit(index: number, seen: Omit<Observation, "type" | "run" | "index" | "client">): void {
    if (this.#broken) return;
    const { run, plan, onObservation } = this.#firing;
    const client = clientOf(plan, index);
    try {
      onObservation({ type: "observation", run, index, client, ...seen });
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

  #giveUp(why: GivingUp): void {
    for (const { controller } of this.#inFlight) controller.abort(why);
  }

  /** The runner's clock: milliseconds since the shot. */
  readonly #now = (): number => performance.now() - this.#shotAt;
}
