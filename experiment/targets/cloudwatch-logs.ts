/** Reads from a function's log what it says of environments and requests. */

import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { pulumiCommand } from "../../basics/printed-commands.ts";
import { unlessAborted } from "../core/abort.ts";
import { asSentence, ExperimentError, rootMessage } from "../core/errors.ts";
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

/**
 * Reads the events of a time, page by page.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @param period its ends included
 * @param answerMs how long each page is waited for, in milliseconds, with all that is asked again
 * @throws ExperimentError when the caller may not read the log, or it cannot be reached
 */
export async function readEvents(
  { logGroupName, region, stack }: LogPlace,
  credentials: CredentialProvider,
  { from, to }: Period,
  signal: AbortSignal,
  answerMs = ANSWER_MS,
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
      const limit = AbortSignal.timeout(answerMs);
      const abortSignal = AbortSignal.any([signal, limit]);
      // The client does not look at the signal between one attempt and the next.
      const page = await unlessAborted(client.send(command, { abortSignal }), abortSignal);
      signal.throwIfAborted();
      if (page === undefined) throw silent(answerMs);
      for (const { message = "", logStreamName = "", timestamp = 0 } of page.events ?? []) {
        const event = toEvent(message, logStreamName, timestamp);
        if (event) events.push(event);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  } catch (error) {
    if (error instanceof ExperimentError) throw error;
    throw signal.aborted ? error : explain(error, logGroupName, stack);
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

function silent(answerMs: number): Error {
  return new Error(`CloudWatch Logs did not answer within ${formatDuration(answerMs)}`);
}

function explain(error: unknown, logGroupName: string, stack: string | undefined): ExperimentError {
  const options = { cause: error };
  const name = error instanceof Error ? error.name : "";
  if (name === "AccessDeniedException") {
    return new ExperimentError(
      `The caller may not read the log ${logGroupName}.`,
      "It needs logs:FilterLogEvents, which is part of " +
        `"${pulumiCommand(stack, "stack output", "callerPolicy")}".`,
      options,
    );
  }
  if (name === "ResourceNotFoundException") {
    return new ExperimentError(
      `The log ${logGroupName} is gone.`,
      "It went with its stack; only a stack that is still deployed can be cross-checked.",
      options,
    );
  }
  if (name === "ThrottlingException") {
    return new ExperimentError(
      `CloudWatch Logs answers too many requests of this account to read ${logGroupName} as well.`,
      "Try again in a minute.",
      options,
    );
  }
  return new ExperimentError(
    `The log ${logGroupName} could not be read: ${asSentence(rootMessage(error))}`,
    "Check the network and your AWS credentials, and try again.",
    options,
  );
}
