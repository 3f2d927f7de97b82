/** Reads from a function's log what it says of environments and requests. */

import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { isStop, unlessAborted } from "../core/abort.ts";
import { ExperimentError, rootMessage } from "../core/errors.ts";
import { formatDuration } from "../core/plan/duration.ts";
import type { LoggedEvent, Period } from "../core/verdict/log-comparison.ts";
import type { CredentialProvider } from "./aws-credentials.ts";

export interface LogPlace {
  logGroupName: string;
  region: string;
  /** The stack that it belongs to, where that is known. */
  stack?: string | undefined;
}

/**
 * The first step that the handler logs of each request, and what the service logs of each
 * environment that it initializes.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initStart
 */
const PATTERN = '{ ($.type = "platform.initStart") || ($.message = "step 1 of *") }';

/** How long a connection, and a page with all its attempts, may take, in milliseconds. */
const CONNECTION_MS = 5_000;
const ANSWER_MS = 60_000;
const LATE = `CloudWatch Logs did not answer within ${formatDuration(ANSWER_MS)}`;

/**
 * Reads the events of a time, page by page.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @param period its ends included
 * @throws ExperimentError when the caller may not read the log, or it cannot be reached
 */
export async function readEvents(
  { logGroupName, region, stack }: LogPlace,
  credentials: CredentialProvider,
  { from, to }: Period,
  signal: AbortSignal,
): Promise<LoggedEvent[]> {
  const client = new CloudWatchLogsClient({
    region,
    credentials,
    // A few pages a second are all that an account gets.
    maxAttempts: 8,
    retryMode: "adaptive",
    requestHandler: { connectionTimeout: CONNECTION_MS },
  });
  const events: LoggedEvent[] = [];
  try {
    let nextToken: string | undefined;
    do {
      const command = new FilterLogEventsCommand({
        logGroupName,
        startTime: from,
        endTime: to,
        filterPattern: PATTERN,
        nextToken,
      });
      const limit = AbortSignal.timeout(ANSWER_MS);
      const abortSignal = AbortSignal.any([signal, limit]);
      // The client does not look at the signal between one attempt and the next.
      const page = await unlessAborted(client.send(command, { abortSignal }), abortSignal);
      signal.throwIfAborted();
      if (page === undefined) throw new Error(LATE);
      for (const { message, logStreamName, timestamp } of page.events ?? []) {
        if (message === undefined || logStreamName === undefined || timestamp === undefined) {
          throw new Error("CloudWatch Logs gave an event without its message, stream or time");
        }
        const event = toEvent(message, logStreamName, timestamp);
        if (event) events.push(event);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  } catch (error) {
    if (error instanceof ExperimentError) throw error;
    throw isStop(error, signal) ? error : explain(error, { logGroupName, stack });
  } finally {
    client.destroy();
  }
}

/** Where a person reads the log: each `/` of the group's name is escaped twice there. */
export function consoleLink({ logGroupName, region }: LogPlace): string {
  const group = encodeURIComponent(encodeURIComponent(logGroupName)).replaceAll("%", "$");
  return (
    `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}` +
    `#logsV2:log-groups/log-group/${group}`
  );
}

function toEvent(message: string, stream: string, at: number): LoggedEvent | undefined {
  let line: { type?: unknown; requestId?: unknown };
  try {
    line = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (line.type === "platform.initStart") return { kind: "initialized", stream, at };
  if (typeof line.requestId !== "string") return undefined;
  return { kind: "entered", stream, at, requestId: line.requestId };
}

/** The service's names of errors, and what they mean here. */
const REFUSALS = {
  AccessDeniedException: "log forbidden",
  ResourceNotFoundException: "log gone",
  ThrottlingException: "log throttled",
} as const;

function explain(
  cause: unknown,
  { logGroupName, stack }: Pick<LogPlace, "logGroupName" | "stack">,
): ExperimentError {
  const { name } = cause as Error;
  const kind = name in REFUSALS ? REFUSALS[name as keyof typeof REFUSALS] : "log not read";
  return new ExperimentError(kind, { logGroupName, stack, why: rootMessage(cause) }, { cause });
}
