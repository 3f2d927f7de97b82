/**
 * What a conclusion needs of an observation, and no more: a run of a million requests must not
 * keep a million answers in memory.
 */

import type { Answer, InvocationReport } from "../../../handler/contract.ts";
import type { Observation, Outcome } from "../record-lines.ts";

/** What one answer reports of its own invocation, and the service beside it. */
export interface Report {
  environment: string;
  /** What the service calls the environment's log stream, where it does: nobody else says that. */
  logStream?: string | undefined;
  pid: number;
  /** Environment and pid: the clock below is this process's own. */
  process: string;
  threadId: number;
  /** Process and thread: one thread runs one instance at a time. */
  thread: string;
  /** One evaluation of the handler module, so one set of globals. */
  instance: string;
  requestId: string;
  /** Milliseconds of the process's monotonic clock. */
  enteredAt: number;
  leftAt: number;
  coldStart: boolean;
  /** The instance's counter right after this request's own mutation. */
  counter: number;
  inFlightOnEntry: number;
  inFlightPeak: number;
  /** `globalData` was not what this request itself left. */
  mixed: boolean;
  /** The answer names another client than the request did: it is somebody else's. */
  misdelivered: boolean;
  /** What it counts cannot be true together. */
  miscounted: boolean;
}

/** One request, reduced to what counts. */
export interface Evidence {
  run: string;
  index: number;
  client: string;
  /** The process that fired it; one that is not named is one more. */
  runner?: string | undefined;
  outcome: Outcome;
  message?: string | undefined;
  /** Milliseconds of the runner's clock, from its shot of the run. Those of two are not compared. */
  sentAt?: number | undefined;
  answeredAt?: number | undefined;
  /** Absent when the request was not answered, or the answer had no identity. */
  report?: Report | undefined;
}

/** A request that was answered with an identity, so that something can be concluded from it. */
export interface Identified extends Evidence {
  sentAt: number;
  answeredAt: number;
  report: Report;
}

/** One run, as far as it went. */
export interface RunEvidence {
  /** How many requests the stage had in flight at once, as many as there were at most. */
  concurrency: number;
  holdMs: number;
  requests: readonly Evidence[];
}

/** Reduces an observation to what counts. */
export function evidenceOf(observation: Observation): Evidence {
  const { run, index, client, runner, outcome, message, sentAt, answeredAt } = observation;
  const report = outcome === "ok" ? reportOf(observation) : undefined;
  return { run, index, client, runner, outcome, message, sentAt, answeredAt, report };
}

/** Whether something can be concluded from a request. */
export function isIdentified(evidence: Evidence): evidence is Identified {
  return (
    evidence.report !== undefined &&
    evidence.sentAt !== undefined &&
    evidence.answeredAt !== undefined
  );
}

/** Whether all times of some requests are of one clock. */
export function isOfOneRunner(requests: readonly Evidence[]): boolean {
  const [first] = requests;
  return requests.every(({ runner }) => runner === first?.runner);
}

/** Requests by whose clock their times are: only those of one group can be held against each other. */
export function byRunner<T extends Evidence>(requests: readonly T[]): (readonly T[])[] {
  // A run of a million requests is not copied.
  if (isOfOneRunner(requests)) return [requests];
  return [...Map.groupBy(requests, ({ runner }) => runner).values()];
}

/** Whether an answer's globals are not what its own request left: another one changed them. */
export function isMixed({ globalData, invocation }: Answer): boolean {
  if (!invocation) return false;
  const { counter, client } = invocation.onEntry;
  return globalData.counter !== counter || globalData.client !== client;
}

/** Whether what an answer counts cannot be true together: see the contract for what it counts. */
function isMiscounted({ globalData }: Answer, invocation: InvocationReport): boolean {
  const { inFlightOnEntry, inFlightPeak, onEntry } = invocation;
  // A counter never falls, and a peak is the most there ever was.
  return globalData.counter < onEntry.counter || inFlightPeak < inFlightOnEntry;
}

function reportOf({ response, client, logStream }: Observation): Report | undefined {
  const { environment, invocation } = response ?? {};
  if (!response || !environment || !invocation) return undefined;
  const process = `${environment.id}/${environment.pid}`;
  return {
    environment: environment.id,
    logStream,
    pid: environment.pid,
    process,
    threadId: environment.threadId,
    thread: `${process}/${environment.threadId}`,
    instance: environment.instance,
    requestId: invocation.requestId,
    enteredAt: invocation.enteredAt,
    leftAt: invocation.leftAt,
    coldStart: environment.coldStart,
    counter: invocation.onEntry.counter,
    inFlightOnEntry: invocation.inFlightOnEntry,
    inFlightPeak: invocation.inFlightPeak,
    mixed: isMixed(response),
    misdelivered: response.client !== client || invocation.onEntry.client !== client,
    miscounted: isMiscounted(response, invocation),
  };
}
