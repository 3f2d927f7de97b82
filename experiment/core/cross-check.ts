/**
 * Compares what the answers said of their environments with what the service's log says. Pure: it
 * knows neither where the record nor where the log comes from.
 */

import { plural } from "./numbers.ts";
import type { CrossCheckLine, Observation } from "./record-lines.ts";

/** A line of the log: an environment was initialized, or a request reached the handler. */
export type LoggedEvent =
  | { kind: "initialized"; stream: string }
  | { kind: "entered"; stream: string; requestId: string };

/** One request, reduced to what can be compared. */
export interface CheckedRequest {
  requestId: string;
  /** The log stream that its answer named; absent when it named none. */
  environment?: string | undefined;
  coldStart: boolean;
}

export type Comparison = Pick<
  CrossCheckLine,
  "requests" | "streams" | "initialized" | "agreement" | "differences"
>;

/** Reduces an observation; `undefined` when the service gave it no id, so that no log knows it. */
export function checkedRequestOf(observation: Observation): CheckedRequest | undefined {
  const { response, outcome } = observation;
  const requestId = response?.invocation?.requestId ?? observation.requestId;
  // What was throttled never reached an environment.
  if (requestId === undefined || outcome === "throttled") return undefined;
  const { environment } = response ?? {};
  return { requestId, environment: environment?.id, coldStart: environment?.coldStart ?? false };
}

/** Whether everything that the answers imply has arrived in the log. */
export function isComplete(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
): boolean {
  const { streamOf, initialized } = index(events);
  return requests.every(
    ({ requestId, environment, coldStart }) =>
      environment === undefined ||
      (streamOf.has(requestId) && (!coldStart || initialized.has(environment))),
  );
}

/** Compares request by request. */
export function compare(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
): Comparison {
  const { streamOf, initialized } = index(events);
  const answered = requests.filter(isAnswered);
  const found = requests.filter(({ requestId }) => streamOf.has(requestId));
  const missing = answered.filter(({ requestId }) => !streamOf.has(requestId));
  const elsewhere = answered.filter(({ requestId, environment }) => {
    const stream = streamOf.get(requestId);
    return stream !== undefined && stream !== environment;
  });
  const uninitialized = answered.filter(
    ({ environment, coldStart }) => coldStart && !initialized.has(environment),
  );
  const differences = [
    ...difference(
      missing,
      "was answered and is not in the log",
      "were answered and are not in the log",
    ),
    ...difference(
      elsewhere,
      "is in another log stream than its answer named",
      "are in other log streams than their answers named",
    ),
    ...difference(
      uninitialized,
      "called itself a cold start, and the log knows of no initialization",
      "called themselves cold starts, and the log knows of no initialization",
    ),
  ];
  return {
    requests: found.length,
    streams: new Set(found.map(({ requestId }) => streamOf.get(requestId))).size,
    initialized: initialized.size,
    agreement: differences.length === 0,
    differences,
  };
}

interface Answered extends CheckedRequest {
  environment: string;
}

function isAnswered(request: CheckedRequest): request is Answered {
  return request.environment !== undefined;
}

function difference(requests: readonly CheckedRequest[], one: string, many: string): string[] {
  const [first] = requests;
  if (!first) return [];
  const words = requests.length === 1 ? one : many;
  return [`${plural(requests.length, "request")} ${words}, such as ${first.requestId}.`];
}

function index(events: readonly LoggedEvent[]) {
  const streamOf = new Map<string, string>();
  const initialized = new Set<string>();
  for (const event of events) {
    if (event.kind === "entered") streamOf.set(event.requestId, event.stream);
    else initialized.add(event.stream);
  }
  return { streamOf, initialized };
}
