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
  outcome: Outcome;
  message?: string | undefined;
  /** Milliseconds of the runner's clock, from the run's shot. */
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
  const { run, index, client, outcome, message, sentAt, answeredAt } = observation;
  const report = outcome === "ok" ? reportOf(observation) : undefined;
  return { run, index, client, outcome, message, sentAt, answeredAt, report };
}

/** Whether something can be concluded from a request. */
export function isIdentified(evidence: Evidence): evidence is Identified {
  return (
    evidence.report !== undefined &&
    evidence.sentAt !== undefined &&
    evidence.answeredAt !== undefined
  );
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
