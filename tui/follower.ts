/**
 * Follows the lines of experiments, one by one, and keeps what the screen shows of them. Each line
 * costs the same however many there were: it is followed in the tick in which its answer arrived.
 */

import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { burstOf } from "../experiment/core/plan/plan.ts";
import type { Observation, RecordLine, Role, RunLine } from "../experiment/core/record-lines.ts";
import { EnvironmentLabels, type Labels } from "../experiment/reports/environment-labels.ts";
import type { EnvironmentState, Invocation, RunState, Unplaced } from "./state.ts";

/** Answers kept over all environments; of each one at least and at most so many. */
const KEPT_ANSWERS = 20_000;
const KEPT_PER_ENVIRONMENT = { min: 5, max: 1_000 };
/** Names kept of an answer that is not its environment's latest. */
const KEPT_NAMES = 6;
/** The most microseconds that the histogram takes. */
const LONGEST_US = Number.MAX_SAFE_INTEGER;
/** Requests without an environment that are kept one by one. */
const KEPT_UNPLACED = 50;
/** Kinds of ends that are told apart; what the messages of an unknown server are is not ours. */
const MOST_GROUPS = 20;

interface FollowedEnvironment extends EnvironmentState {
  invocations: Invocation[];
}

interface FollowedRun extends RunState {
  inFlight: Map<number, number>;
  unplaced: Observation[];
  groups: Unplaced[];
  latencies: RecordableHistogram;
}

export class Follower {
  readonly #environments = new Map<string, FollowedEnvironment>();
  readonly #clients = new Map<string, number>();
  #labels = new EnvironmentLabels();
  #run: FollowedRun | undefined;
  /** Whether the environments are those of a control. */
  #role: Role = "experiment";

  /** The run that is under way or was the last. */
  get run(): RunState | undefined {
    return this.#run && { ...this.#run };
  }

  get environments(): readonly EnvironmentState[] {
    return [...this.#environments.values()];
  }

  get labels(): Labels {
    return this.#labels;
  }

  get clients(): ReadonlyMap<string, number> {
    return this.#clients;
  }

  /** Numbers clients in the order in which they are met; a client keeps its number. */
  meet(clients: readonly string[]): void {
    for (const client of clients) {
      if (!this.#clients.has(client)) this.#clients.set(client, this.#clients.size);
    }
  }

  /** Forgets the last run, not the environments that it left warm. */
  forgetRun(): void {
    this.#run = undefined;
  }

  /** Forgets environments that are no more, and the run. */
  forgetEnvironments(): void {
    this.#environments.clear();
    this.#labels = new EnvironmentLabels();
    this.#run = undefined;
  }

  /** @param isLive whether it happens now, or did when the line was recorded */
  take(line: RecordLine, isLive: boolean): void {
    if (line.type === "run") this.#begin(line, isLive);
    else if (line.type === "observation") this.#observe(line);
    else if (line.type === "verdict" && line.run === this.#run?.id) this.endRun(line.wallMs);
  }

  /** No more answers will come. */
  endRun(wallMs?: number): void {
    if (!this.#run) return;
    this.#run.wallMs ??= wallMs ?? this.#run.lastAnsweredAt;
    this.#run.inFlight.clear();
  }

  #begin({ experiment, run: id, index, plan, role }: RunLine, isLive: boolean): void {
    // What serves a control serves nothing else.
    if (role !== this.#role) this.forgetEnvironments();
    this.#role = role;
    this.meet(plan.clients);
    const stage = plan.stages[index] ?? { concurrency: 0, requests: 0, pauseMs: 0 };
    const burst = burstOf(stage);
    this.#run = {
      experiment,
      plan,
      role,
      id,
      index,
      requests: stage.requests,
      burst,
      shotAt: performance.now(),
      answered: 0,
      cold: 0,
      warm: 0,
      lastAnsweredAt: 0,
      isLive,
      inFlight: new Map(Array.from({ length: isLive ? burst : 0 }, (_, request) => [request, 0])),
      unplaced: [],
      groups: [],
      latencies: createHistogram(),
    };
  }

  #observe(observation: Observation): void {
    const run = this.#run;
    if (!run) return;
    const { index, outcome, sentAt = 0, answeredAt = 0, response } = observation;
    // A slot is free: the next request has left.
    const next = run.answered + run.burst;
    if (run.isLive && next < run.requests) run.inFlight.set(next, answeredAt);
    run.inFlight.delete(index);
    run.answered += 1;
    run.lastAnsweredAt = Math.max(run.lastAnsweredAt, answeredAt);
    if (outcome === "ok") {
      const latency = Math.round(1_000 * (answeredAt - sentAt));
      run.latencies.record(Math.min(LONGEST_US, Math.max(1, latency)));
    }
    if (response?.environment?.coldStart === true) run.cold += 1;
    if (response?.environment?.coldStart === false) run.warm += 1;
    if (response?.environment) this.#place(response.environment.id, run, observation);
    else unplace(run, observation);
  }

  #place(id: string, run: FollowedRun, observation: Observation): void {
    const { index, client, sentAt = 0, answeredAt = 0, response } = observation;
    if (!response) return;
    let environment = this.#environments.get(id);
    if (!environment) {
      environment = { id, position: this.#environments.size + 1, invocations: [], earlier: 0 };
      this.#environments.set(id, environment);
      this.#labels.add(id);
    }
    const { invocations } = environment;
    const { experiment } = run;
    const previous = invocations.pop();
    if (previous) invocations.push(slim(previous));
    const identity = { experiment, run: run.id, runIndex: run.index, index, client };
    invocations.push({ ...identity, sentAt, answeredAt, response });
    const { min, max } = KEPT_PER_ENVIRONMENT;
    const kept = Math.min(max, Math.max(min, KEPT_ANSWERS / this.#environments.size));
    if (invocations.length > kept) {
      invocations.shift();
      environment.earlier += 1;
    }
  }
}

/** Without most of its names: a thousand of them in each of thousands of answers are too many. */
function slim(invocation: Invocation): Invocation {
  const { globalData } = invocation.response;
  const { clients, dropped = 0 } = globalData;
  const surplus = clients.length - KEPT_NAMES;
  if (surplus <= 0) return invocation;
  const slimmed = {
    ...globalData,
    clients: clients.slice(-KEPT_NAMES),
    dropped: dropped + surplus,
  };
  return { ...invocation, response: { ...invocation.response, globalData: slimmed } };
}

function unplace(run: FollowedRun, observation: Observation): void {
  if (run.unplaced.length < KEPT_UNPLACED) run.unplaced.push(observation);
  const { outcome, message = outcome === "ok" ? "the answer names no environment" : "" } =
    observation;
  const find = (cause: string) =>
    run.groups.find((group) => group.outcome === outcome && group.message === cause);
  const cause = find(message) || run.groups.length < MOST_GROUPS ? message : "other causes";
  const group = find(cause);
  if (group) group.count += 1;
  else run.groups.push({ outcome, message: cause, count: 1 });
}
