/**
 * Compares what the answers said of their environments with what the service's log says. Pure: it
 * knows neither where the record nor where the log comes from.
 */

import { plural } from "../counts.ts";
import type { CrossCheckLine, Observation } from "../record-lines.ts";

/**
 * A line of the log: an environment was initialized, or a request reached the handler. `at` is the
 * service's clock, in epoch milliseconds.
 */
export type LoggedEvent =
  | { kind: "initialized"; stream: string; at: number }
  | { kind: "entered"; stream: string; at: number; requestId: string };

/** The time of the experiment, by the service's clock, in epoch milliseconds. */
export interface Period {
  from: number;
  to: number;
}

/** One request, reduced to what can be compared. */
export interface CheckedRequest {
  requestId: string;
  /** What its answer says of itself; absent when it names no environment. */
  served?: Served | undefined;
}

interface Served {
  /** The log stream's name. */
  environment: string;
  coldStart: boolean;
  /** When the handler's module was loaded, by the service's clock, in epoch milliseconds. */
  initializedAt: number;
}

/**
 * The longest that an initialization takes, in milliseconds; it begins in the log that much before
 * the handler's module is loaded, at most.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export const INITIALIZATION_MS = 10_000;

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
  if (!environment) return { requestId };
  const { id, coldStart, initializedAt } = environment;
  return { requestId, served: { environment: id, coldStart, initializedAt } };
}

/** Whether everything that the answers imply has arrived in the log. */
export function isComplete(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
  period: Period,
): boolean {
  const log = indexed(events);
  return requests.every(
    (request) =>
      !isServed(request) ||
      (log.streamOf.has(request.requestId) && !lacksInitialization(request, log, period)),
  );
}

/**
 * Compares request by request.
 *
 * @param events from {@link INITIALIZATION_MS} before the period on
 */
export function compare(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
  period: Period,
): Comparison {
  const log = indexed(events);
  const { streamOf } = log;
  const served = requests.filter(isServed);
  const found = requests.filter(({ requestId }) => streamOf.has(requestId));
  const meanwhile = [...log.initializedAt].filter(([, at]) => at >= period.from);
  const differences = [
    ...(served.length === 0 ? ["No answer named its environment: nothing can be compared."] : []),
    ...difference(
      served.filter(({ requestId }) => !streamOf.has(requestId)),
      ["was answered and is not in the log", "were answered and are not in the log"],
    ),
    ...difference(
      served.filter(({ requestId, served: { environment } }) => {
        const stream = streamOf.get(requestId);
        return stream !== undefined && stream !== environment;
      }),
      [
        "is in another log stream than its answer named",
        "are in other log streams than their answers named",
      ],
    ),
    ...difference(
      served.filter((request) => lacksInitialization(request, log, period)),
      [
        "called itself a cold start, and the log knows of no initialization",
        "called themselves cold starts, and the log knows of no initialization",
      ],
    ),
    ...difference(concealed(found, streamOf, new Set(meanwhile.map(([stream]) => stream))), [
      "called itself warm, and its environment was initialized meanwhile",
      "called themselves warm, and their environments were initialized meanwhile",
    ]),
  ];
  return {
    requests: found.length,
    streams: new Set(found.map(({ requestId }) => streamOf.get(requestId))).size,
    initialized: meanwhile.length,
    agreement: differences.length === 0,
    differences,
  };
}

interface ServedRequest extends CheckedRequest {
  served: Served;
}

function isServed(request: CheckedRequest): request is ServedRequest {
  return request.served !== undefined;
}

/**
 * Whether a cold start is not in the log though it must be. An environment that was initialized long
 * before its first request, as provisioned ones are, is not looked for.
 */
function lacksInitialization({ served }: ServedRequest, log: Log, { from }: Period): boolean {
  const isRecent = served.initializedAt >= from;
  return served.coldStart && isRecent && !log.initializedAt.has(served.environment);
}

/**
 * One request of each environment that was initialized meanwhile and of which nobody was the first:
 * neither an answer that says so, nor a request whose answer is lost.
 */
function concealed(
  found: readonly CheckedRequest[],
  streamOf: ReadonlyMap<string, string>,
  initialized: ReadonlySet<string>,
): CheckedRequest[] {
  const byStream = Map.groupBy(found, ({ requestId }) => streamOf.get(requestId) ?? "");
  const isConcealed = (requests: readonly CheckedRequest[]) =>
    requests.every(({ served }) => served?.coldStart === false);
  return [...byStream]
    .filter(([stream, requests]) => initialized.has(stream) && isConcealed(requests))
    .flatMap(([, requests]) => requests.slice(0, 1));
}

/** One sentence on such requests, or none where there are none. */
function difference(requests: readonly CheckedRequest[], [one, many]: [string, string]): string[] {
  const [first] = requests;
  if (!first) return [];
  const words = requests.length === 1 ? one : many;
  return [`${plural(requests.length, "request")} ${words}, such as ${first.requestId}.`];
}

interface Log {
  /** By request id. */
  streamOf: ReadonlyMap<string, string>;
  /** The latest initialization of each stream. */
  initializedAt: ReadonlyMap<string, number>;
}

function indexed(events: readonly LoggedEvent[]): Log {
  const streamOf = new Map<string, string>();
  const initializedAt = new Map<string, number>();
  for (const event of events) {
    if (event.kind === "entered") streamOf.set(event.requestId, event.stream);
    else initializedAt.set(event.stream, Math.max(initializedAt.get(event.stream) ?? 0, event.at));
  }
  return { streamOf, initializedAt };
}

/** Whether the service's log contradicts the answers: by the line's word, or by what it lists. */
export function isContradicted({ agreement, differences }: CrossCheckLine): boolean {
  return !agreement || differences.length > 0;
}
