/**
 * The lines of a record: the public interface of an experiment. `…At` of an observation and `…Ms`
 * are milliseconds of its runner's monotonic clock, from that runner's shot of the run.
 */

import type { Answer } from "../../handler/contract.ts";
import type { Plan } from "./plan/plan.ts";
import type { TargetDescription } from "./target.ts";

/**
 * The versions of a record, raised when a reader of the last one could misread a record of the next: a
 * record of the first is of one runner, of the second perhaps of several, whose clocks differ. A
 * record that names no runner is of the first.
 */
export const SCHEMA_VERSIONS = [1, 2] as const;

/** Three years in milliseconds: no experiment takes longer, and sums of it are still numbers. */
export const MOST_MS = 1e11;

/**
 * Whether a run was fired at what is asked about, or before that at a control: a target where requests
 * at once must share a process, so that an instrument which sees sharing must see it.
 */
export type Role = "experiment" | "control";

export interface RunLine {
  type: "run";
  schema: (typeof SCHEMA_VERSIONS)[number];
  /** The experiment's id; all its runs carry it. */
  experiment: string;
  /** The run's id. */
  run: string;
  /** Which run of the experiment, from 0. */
  index: number;
  role: Role;
  plan: Plan;
  target: TargetDescription;
  /** When the shot was fired, ISO 8601, by the clock of its runner. */
  startedAt: string;
  /** The names of those that fire parts of it; absent where one fires it all. */
  runners?: string[] | undefined;
  /** Which of them this line is of: each has one of its own for each run. */
  runner?: string | undefined;
  /** When all of them were to fire, each by its own clock, ISO 8601. */
  startAt?: string | undefined;
  versions: Record<string, string>;
}

export const OUTCOMES = [
  "ok",
  "throttled",
  "failed",
  "timed out",
  "aborted",
  "unreadable",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** All that is known of one request. Fields that do not apply are absent. */
export interface Observation {
  type: "observation";
  run: string;
  /** Which request of the run, from 0. */
  index: number;
  client: string;
  /** Which process fired it, and measured its times by a clock of its own; see {@link runnerOf}. */
  runner?: string | undefined;
  outcome: Outcome;
  status?: number | undefined;
  /** The service's id of the request, from its header. */
  requestId?: string | undefined;
  /** The log stream of the environment, where the service names it in a header: of a web function. */
  logStream?: string | undefined;
  /** Absent when the run was stopped before this request's turn. */
  sentAt?: number | undefined;
  /** When the answer was complete, or the request was given up. */
  answeredAt?: number | undefined;
  /** Why it is not `ok`. */
  message?: string | undefined;
  response?: Answer | undefined;
}

export type Verdict = "isolated" | "shared" | "inconclusive";
/** Whether two requests at once used one set of globals, or only one process. */
export type Sharing = "globals" | "process";

/** One of the two invocations that prove sharing; times are ms from the first one's entry. */
export interface WitnessParty {
  run: string;
  index: number;
  client: string;
  requestId: string;
  enteredMs: number;
  leftMs: number;
}

/** The proof of sharing: two invocations of one process whose intervals intersect. */
export interface Witness {
  environment: string;
  pid: number;
  first: WitnessParty;
  /** Absent when the partner was not observed: its answer was lost, the first one reports it. */
  second?: WitnessParty | undefined;
}

export interface Conclusion {
  verdict: Verdict;
  sharing?: Sharing | undefined;
  /** Why it is inconclusive and what would help. */
  reason?: string | undefined;
  environments: number;
  processes: number;
  instances: number;
  coldStarts: number;
  /** Pairs of invocations that were in one process at once. */
  overlaps: number;
  /** Answers whose `globalData` is not what their own request left. */
  mixed: number;
  trials: number;
  /** Trials among requests that were served by a warm environment. */
  warmTrials: number;
  /** 95 % upper bound on the probability of sharing; absent unless isolated. */
  bound?: number | undefined;
  witness?: Witness | undefined;
  outcomes: Partial<Record<Outcome, number>>;
  /**
   * From the shot to the last answer, of several runners by the clock of the one that took longest; of
   * an experiment, its runs' added up.
   */
  wallMs: number;
  /** Between the first and the last request that a runner fired of the burst; the largest of all. */
  skewMs: number;
  /** Whether globals outlived an invocation; only of an experiment. */
  memory?: "kept" | "not seen" | undefined;
}

export interface VerdictLine extends Conclusion {
  type: "verdict";
  experiment: string;
  /** `null`: over all runs of the experiment, or of its control. */
  run: string | null;
  /** Of a verdict over all runs of the control; absent of all others. */
  role?: "control" | undefined;
}

/**
 * What the service's own log says of the experiment, asked after it. Counts are of the log, from the
 * first shot to the last answer.
 */
export interface CrossCheckLine {
  type: "cross-check";
  experiment: string;
  source: "cloudwatch-logs";
  logGroupName: string;
  region: string;
  /** The time that was looked at, by the service's clock, ISO 8601. */
  from: string;
  to: string;
  /** Requests of the experiment that were found in the log. */
  requests: number;
  /** Log streams in which they were found: each environment has one of its own. */
  streams: number;
  /** Environments that were initialized, whether for these requests or not. */
  initialized: number;
  /** What the model's log is not known to have, so that no answer was compared with it. */
  notCompared?: "cold starts" | undefined;
  agreement: boolean;
  /** Where log and answers disagree, one sentence each. */
  differences: string[];
  /** Where the log can be read. */
  console: string;
}

/** A request that failed has no answer, whatever else its line says. */
export function answerOf({ outcome, response }: Observation): Answer | undefined {
  return outcome === "ok" ? response : undefined;
}

/** The runner of a request; `undefined` where the record names none, or has one only. */
export function runnerOf({ runner }: Observation, { schema }: RunLine): string | undefined {
  return schema === 1 ? undefined : runner;
}

/** Whether a line is that of one of several runners. */
export function isOfPart({ schema, runner }: RunLine): boolean {
  return schema !== 1 && runner !== undefined;
}

export type RecordLine = RunLine | Observation | VerdictLine | CrossCheckLine;

/** Whether a line concludes its record: the verdict over the whole experiment, not over its control. */
export function isConclusion(line: RecordLine): line is VerdictLine {
  return line.type === "verdict" && line.run === null && line.role === undefined;
}
