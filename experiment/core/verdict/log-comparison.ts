/**
 * Compares what the answers said of their environments with what the service's log says. Pure: it
 * knows neither where the record nor where the log comes from.
 */

import { plural } from "../../../basics/counts.ts";
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
  /** The log stream's name; absent where neither the answer nor the service says it. */
  stream?: string | undefined;
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

export type LogComparison = Pick<
  CrossCheckLine,
  "requests" | "streams" | "initialized" | "notCompared" | "agreement" | "differences"
>;

/** How a model's answers and its log can be compared. */
interface Comparability {
  /** Whether an environment of its own knows the log stream that it writes into. */
  knowsStream: boolean;
  /** Whether the log has a line for each environment that is initialized. */
  logsInitializations: boolean;
  /** Whether the first answer of an environment that was initialized meanwhile is a cold start. */
  startsForRequests: boolean;
}

const ON_DEMAND = { knowsStream: true, logsInitializations: true, startsForRequests: true };
/** By the model's name; any other is compared as on-demand. */
const COMPARABILITY: ReadonlyMap<string | undefined, Comparability> = new Map([
  /**
   * Environments are initialized beforehand, those that are added as well. That the variable
   * AWS_LAMBDA_LOG_STREAM_NAME names their stream is assumed; were it not so, the log would differ.
   */
  ["managed-instances", { ...ON_DEMAND, startsForRequests: false }],
  /**
   * The service names the stream in a header. What it logs itself depends on the log's level, so that
   * none of its lines is counted on (assumed); the handler's own are there.
   */
  ["web-function", { knowsStream: false, logsInitializations: false, startsForRequests: true }],
]);

function comparabilityOf(model: string | undefined): Comparability {
  return COMPARABILITY.get(model) ?? ON_DEMAND;
}

/**
 * Reduces an observation; `undefined` when the service gave it no id, so that no log knows it.
 *
 * @param model of the function that answered
 */
export function checkedRequestOf(
  observation: Observation,
  model?: string,
): CheckedRequest | undefined {
  const { response, outcome, logStream } = observation;
  // A web function that is not told its request's id answers with an empty one.
  const requestId = response?.invocation?.requestId || observation.requestId;
  // What was throttled never reached an environment.
  if (!requestId || outcome === "throttled") return undefined;
  const { environment } = response ?? {};
  if (!environment) return { requestId };
  const { id, coldStart, initializedAt } = environment;
  const stream = comparabilityOf(model).knowsStream ? id : logStream;
  return { requestId, served: { stream, coldStart, initializedAt } };
}

/** Whether everything that the answers imply has arrived in the log. */
export function isLogComplete(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
  period: Period,
  model?: string,
): boolean {
  const log = indexed(events);
  const { logsInitializations } = comparabilityOf(model);
  const isMissed = (request: ServedRequest) =>
    logsInitializations && lacksInitialization(request, log, period);
  return requests.every(
    (request) => !isServed(request) || (log.streamOf.has(request.requestId) && !isMissed(request)),
  );
}

/**
 * Compares request by request.
 *
 * @param events from {@link INITIALIZATION_MS} before the period on
 * @param model of the function that answered
 */
export function compare(
  requests: readonly CheckedRequest[],
  events: readonly LoggedEvent[],
  period: Period,
  model?: string,
): LogComparison {
  const log = indexed(events);
  const { streamOf } = log;
  const { logsInitializations, startsForRequests } = comparabilityOf(model);
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
      served.filter(({ served: { stream } }) => stream === undefined),
      [
        "has no header that names its log stream, and cannot be compared",
        "have no header that names their log streams, and cannot be compared",
      ],
    ),
    ...difference(
      served.filter(({ requestId, served: { stream } }) => {
        const logged = streamOf.get(requestId);
        return stream !== undefined && logged !== undefined && logged !== stream;
      }),
      [
        "is in another log stream than its answer named",
        "are in other log streams than their answers named",
      ],
    ),
    ...difference(
      logsInitializations
        ? served.filter((request) => lacksInitialization(request, log, period))
        : [],
      [
        "called itself a cold start, and the log knows of no initialization",
        "called themselves cold starts, and the log knows of no initialization",
      ],
    ),
    ...difference(
      logsInitializations && startsForRequests
        ? concealed(found, streamOf, new Set(meanwhile.map(([stream]) => stream)))
        : [],
      [
        "called itself warm, and its environment was initialized meanwhile",
        "called themselves warm, and their environments were initialized meanwhile",
      ],
    ),
  ];
  return {
    requests: found.length,
    streams: new Set(found.map(({ requestId }) => streamOf.get(requestId))).size,
    initialized: meanwhile.length,
    ...(!logsInitializations && { notCompared: "cold starts" as const }),
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
  return served.coldStart && isRecent && !log.initializedAt.has(served.stream ?? "");
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
