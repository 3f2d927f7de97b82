/**
 * What the lines of a record say together: a state that grows line by line, live or read from a file.
 * Screen, text, reports and conclusions all start from it. Each line costs the same however many
 * there were before it, since live it is taken in the tick in which its answer arrived.
 */

import assert from "node:assert/strict";
import type { Answer } from "../../handler/contract.ts";
import { burstOf, type Stage } from "../core/plan/plan.ts";
import {
  answerOf,
  type Conclusion,
  type CrossCheckLine,
  type Observation,
  type Outcome,
  type RecordLine,
  type RunLine,
  runnerOf,
  type VerdictLine,
} from "../core/record-lines.ts";
import { targetIdentity } from "../core/target.ts";
import { concludeExperiment, withControl } from "../core/verdict/conclude.ts";
import {
  type Evidence,
  EvidenceTable,
  evidenceOf,
  type RunEvidence,
} from "../core/verdict/evidence.ts";
import { EnvironmentLabels } from "./environment-labels.ts";

/** How many answers are kept whole, by default none; of all others the evidence remains. */
export interface Keep {
  /** The first ones of each run, and of all runs together. */
  perRun?: number;
  inAll?: number;
  /** The latest ones over all environments together. */
  latest?: number;
}

/** Of each environment at least and at most so many of the latest answers are kept, if any. */
const KEPT_OF_ENVIRONMENT = { min: 5, max: 1_000 };
/**
 * Names that are shown of an answer's globals: the latest say who shared or preceded whom. Of an answer
 * that is not its environment's latest no more are kept.
 */
export const SHOWN_NAMES = 6;
/** Requests without an environment that are kept one by one. */
const KEPT_UNPLACED = 50;
/** Kinds of ends that are told apart: messages of an unknown server may all differ. */
const MOST_GROUPS = 20;

/** An answer that names its environment. */
export interface PlacedAnswer {
  experiment: string;
  /** The run's id, and which run of its experiment it was, from 0. */
  run: string;
  runIndex: number;
  index: number;
  client: string;
  /** Milliseconds from the run's shot, by the clock of its runner. */
  sentAt: number;
  answeredAt: number;
  response: Answer;
}

/** Requests without an environment that ended alike. */
export interface Unplaced {
  outcome: Outcome;
  message: string;
  count: number;
}

/** One run, as far as it is. */
export class RunState implements RunEvidence {
  readonly line: RunLine;
  /** That line, and those of further runners that began. */
  readonly starts: RunLine[];
  readonly stage: Stage;
  /** How many of its requests leave at the same instant. */
  readonly concurrency: number;
  readonly holdMs: number;
  /** The first answers whole, in order of arrival. */
  readonly shown: Observation[] = [];
  /** Answers that said of themselves to be the first of their instance, or not. */
  cold = 0;
  warm = 0;
  /** The first requests that ended without an answer that names its environment. */
  readonly unplaced: Observation[] = [];
  /** All of those, by how they ended. */
  readonly groups: Unplaced[] = [];
  /** When the last answer arrived, in milliseconds from its runner's shot. */
  lastAnsweredAt = 0;
  /** What the record itself says of the run; absent until it is concluded. */
  verdict?: VerdictLine | undefined;
  readonly #evidence: EvidenceTable;
  #concluded: { ended: number; conclusion: Conclusion } | undefined;

  constructor(line: RunLine) {
    const stage = line.plan.stages[line.index];
    assert(stage, `Run ${line.index + 1} must be one of its plan's.`);
    this.line = line;
    this.starts = [line];
    this.stage = stage;
    this.concurrency = burstOf(stage);
    this.holdMs = line.plan.holdMs;
    this.#evidence = new EvidenceTable(line.run, stage.requests);
  }

  /** How many of its requests have ended. */
  get ended(): number {
    return this.#evidence.size;
  }

  /** The evidence of all of them, in order of arrival. */
  get requests(): readonly Evidence[] {
    return this.#evidence.rows();
  }

  /** The line of a runner that began, by whose clock it says when; the run's where it has none. */
  startOf(runner: string | undefined): RunLine {
    return this.starts.find((start) => start.runner === runner) ?? this.line;
  }

  /** Takes the line of a further runner; one that it has is taken once. */
  join(line: RunLine): void {
    const isNew = this.starts.every(({ runner }) => runner !== line.runner);
    if (isNew && this.line.schema !== 1) this.starts.push(line);
  }

  /** Those that fired them, in order of first use; `undefined` is one that is not named. */
  get runners(): readonly (string | undefined)[] {
    return this.#evidence.runners;
  }

  /** What follows from its requests so far, as if it were its experiment's only run. */
  get concludedAlone(): Conclusion {
    if (this.#concluded?.ended !== this.ended) {
      this.#concluded = { ended: this.ended, conclusion: concludeExperiment([this]) };
    }
    return this.#concluded.conclusion;
  }

  /** What follows from its requests so far. What memory outlives shows over all runs only. */
  get conclusion(): Conclusion {
    const { memory: _, ...conclusion } = this.concludedAlone;
    return conclusion;
  }

  /** Counts a request that has ended. */
  add(observation: Observation): void {
    const { answeredAt = 0, response } = observation;
    this.#evidence.add(evidenceOf(observation));
    this.lastAnsweredAt = Math.max(this.lastAnsweredAt, answeredAt);
    if (!response?.environment) this.#keepUnplaced(observation);
    else if (response.environment.coldStart) this.cold += 1;
    else this.warm += 1;
  }

  #keepUnplaced(observation: Observation): void {
    if (this.unplaced.length < KEPT_UNPLACED) this.unplaced.push(observation);
    const { outcome } = observation;
    const unnamed = outcome === "ok" ? "the answer names no environment" : "";
    const { message = unnamed } = observation;
    const find = (cause: string) =>
      this.groups.find((group) => group.outcome === outcome && group.message === cause);
    const cause = find(message) || this.groups.length < MOST_GROUPS ? message : "other causes";
    const group = find(cause);
    if (group) group.count += 1;
    else this.groups.push({ outcome, message: cause, count: 1 });
  }
}

/** One execution environment, over all runs that it served. */
export class EnvironmentState {
  readonly id: string;
  /** From 1, in order of first use. */
  readonly position: number;
  /** Its log stream: what the service called it last, or what the environment calls itself. */
  logStream: string;
  /** The latest answers, oldest first. */
  readonly invocations: PlacedAnswer[] = [];
  /** How many older ones are not kept here; they are on their record. */
  earlier = 0;

  constructor(id: string, position: number) {
    this.id = id;
    this.position = position;
    this.logStream = id;
  }

  /** @param kept how many answers are kept at most */
  add(invocation: PlacedAnswer, kept: number): void {
    const previous = this.invocations.pop();
    if (previous) this.invocations.push(withFewNames(previous));
    this.invocations.push(invocation);
    if (this.invocations.length <= kept) return;
    this.invocations.shift();
    this.earlier += 1;
  }
}

/** All runs of the experiment, or of its control, which may have been fired at two targets. */
export class Series {
  readonly runs: RunState[] = [];
  /** By id, in order of first use. */
  readonly environments: Map<string, EnvironmentState>;
  /** What the record itself says over all runs; absent until it is concluded. */
  verdict?: VerdictLine | undefined;
  readonly #control: Series | undefined;
  #concluded: { ended: string; conclusion: Conclusion } | undefined;

  /** @param control what was fired before, at what must show sharing; it may have no runs */
  constructor(environments = new Map<string, EnvironmentState>(), control?: Series) {
    this.environments = environments;
    this.#control = control;
  }

  /** Its first run's line, which says what was fired and where; only of a series that has runs. */
  get line(): RunLine {
    const [first] = this.runs;
    assert(first, "A series that is told has runs.");
    return first.line;
  }

  /** How many runners fired, each with a clock of its own. */
  get runnerCount(): number {
    return new Set(this.runs.flatMap(({ runners }) => runners)).size;
  }

  /** Its runs target by target, in order. */
  get byTarget(): Series[] {
    const groups = Map.groupBy(this.runs, ({ line }) => targetIdentity(line.target));
    if (groups.size <= 1) return [this];
    return [...groups.values()].map((runs) => {
      const part = new Series();
      part.runs.push(...runs);
      return part;
    });
  }

  /** What follows from its requests so far, and from those of its control. */
  get conclusion(): Conclusion {
    const ended = this.runs.map((run) => run.ended).join();
    if (this.#concluded?.ended !== ended) {
      this.#concluded = { ended, conclusion: this.#conclude() };
    }
    return this.#concluded.conclusion;
  }

  #conclude(): Conclusion {
    const [first] = this.runs;
    // A run of a million requests is not concluded twice.
    const isOnly = first !== undefined && this.runs.length === 1;
    const conclusion = isOnly ? first.concludedAlone : concludeExperiment(this.runs);
    const control = this.#control;
    return withControl(conclusion, control?.runs.length ? control.conclusion : undefined);
  }
}

/** A line that cannot stand where it does. */
export class MisplacedLineError extends Error {
  override readonly name = "MisplacedLineError";
}

/**
 * What is known of an observation's run.
 *
 * @throws MisplacedLineError when it did not begin
 */
export function begunRun<T extends object>(
  runs: ReadonlyMap<string, T>,
  { run }: Pick<Observation, "run">,
): T {
  const known = runs.get(run);
  if (known) return known;
  throw new MisplacedLineError("an observation is of a run that did not begin");
}

/** The state of one record. The environments of the one before may be warm, and are known. */
export class Fold {
  /** Short names for the environments of experiment and control, so that none has two. */
  labels = new EnvironmentLabels();
  /** The experiment's id; absent until something was fired. */
  id: string | undefined;
  /** What was fired at a control before, where requests at once must share a process. */
  control = new Series();
  experiment = new Series(undefined, this.control);
  crossChecks: CrossCheckLine[] = [];
  /** Verdicts and cross-checks of other experiments, which are left out. */
  foreignLines = 0;
  /** Observations of requests that are not `ok` and carry an answer all the same, which is left out. */
  answeredFailures = 0;
  /** What its reader found, such as an end that was cut off, as sentences. */
  readerNotes: string[] = [];
  readonly #keep: Required<Keep>;
  readonly #runs = new Map<string, RunState>();
  #latest: RunState | undefined;
  #shown = 0;

  constructor({ perRun = 0, inAll = 0, latest = 0 }: Keep = {}) {
    this.#keep = { perRun, inAll, latest };
  }

  /** The run that is under way or was the last. */
  get run(): RunState | undefined {
    return this.#latest;
  }

  /** The environments of that run's target, in order of first use. */
  get environments(): readonly EnvironmentState[] {
    const { role = "experiment" } = this.#latest?.line ?? {};
    return [...this[role].environments.values()];
  }

  /** Forgets the last record, not the environments that it left warm. */
  startRecord(): void {
    this.id = undefined;
    this.control = new Series();
    this.experiment = new Series(this.experiment.environments, this.control);
    this.crossChecks = [];
    this.foreignLines = 0;
    this.answeredFailures = 0;
    this.readerNotes = [];
    this.#runs.clear();
    this.#latest = undefined;
    this.#shown = 0;
  }

  /** Forgets environments that are no more, and with them the record. */
  forget(): void {
    this.experiment.environments.clear();
    this.labels = new EnvironmentLabels();
    this.startRecord();
  }

  /**
   * Takes the record's next line.
   *
   * @throws MisplacedLineError when it is a run of another experiment, or an observation of a run
   *   that did not begin
   */
  take(line: RecordLine): void {
    if (line.type === "run") this.#begin(line);
    else if (line.type === "observation") this.#observe(line);
    else if (line.experiment !== this.id) this.foreignLines += 1;
    else if (line.type === "cross-check") this.crossChecks.push(line);
    else this.#keepVerdict(line);
  }

  /** @throws MisplacedLineError when it did not begin */
  runOf(line: Pick<Observation, "run">): RunState {
    return begunRun(this.#runs, line);
  }

  #begin(line: RunLine): void {
    this.id ??= line.experiment;
    if (line.experiment !== this.id) {
      throw new MisplacedLineError("it holds more than one experiment");
    }
    const known = this.#runs.get(line.run);
    if (known) {
      known.join(line);
      return;
    }
    this.#latest = new RunState(line);
    this.#runs.set(line.run, this.#latest);
    const { runs, environments } = this[line.role];
    // Those that a control's first target left are none of its second one's.
    if (runs.length > 0 && runs.at(-1)?.line.target.url !== line.target.url) environments.clear();
    runs.push(this.#latest);
  }

  #observe(recorded: Observation): void {
    const run = this.runOf(recorded);
    const response = answerOf(recorded);
    const isContradictory = response !== recorded.response;
    if (isContradictory) this.answeredFailures += 1;
    const runner = runnerOf(recorded, run.line);
    const isChanged = isContradictory || runner !== recorded.runner;
    const observation = isChanged ? { ...recorded, runner, response } : recorded;
    run.add(observation);
    if (observation.index < this.#keep.perRun && this.#shown < this.#keep.inAll) {
      run.shown.push(observation);
      this.#shown += 1;
    }
    if (response) this.#place(run.line, observation, response);
  }

  #place(
    { role, experiment, run, index: runIndex }: RunLine,
    { index, client, logStream, sentAt = 0, answeredAt = 0 }: Observation,
    response: Answer,
  ): void {
    if (!response.environment) return;
    const { id } = response.environment;
    const { environments } = this[role];
    let environment = environments.get(id);
    if (!environment) {
      environment = new EnvironmentState(id, environments.size + 1);
      environments.set(id, environment);
      this.labels.add(id);
    }
    if (logStream !== undefined) environment.logStream = logStream;
    const { latest } = this.#keep;
    if (latest === 0) return;
    const { min, max } = KEPT_OF_ENVIRONMENT;
    const kept = Math.min(max, Math.max(min, latest / environments.size));
    const answer = { index, client, sentAt, answeredAt, response };
    environment.add({ experiment, run, runIndex, ...answer }, kept);
  }

  #keepVerdict(line: VerdictLine): void {
    const { run, role = "experiment" } = line;
    const judged = run === null ? this[role] : this.#runs.get(run);
    if (judged) judged.verdict = line;
  }
}

/** Without most of its names: a thousand of them in each of thousands of answers are too many. */
function withFewNames(invocation: PlacedAnswer): PlacedAnswer {
  const { globalData } = invocation.response;
  const { clients, dropped = 0 } = globalData;
  const surplus = clients.length - SHOWN_NAMES;
  if (surplus <= 0) return invocation;
  const latest = { clients: clients.slice(-SHOWN_NAMES), dropped: dropped + surplus };
  const response = { ...invocation.response, globalData: { ...globalData, ...latest } };
  return { ...invocation, response };
}
