/** The part of CloudWatch Logs' API that programs call by themselves. */

import type { Account } from "./account.ts";
import { AwsError } from "./aws-error.ts";
import { filterPattern } from "./filter-pattern.ts";
import type { Properties } from "./provider-protocol.ts";

/** Fewer than AWS's 10,000, so that callers have to turn pages. */
const PAGE = 100;

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @throws AwsError when the log group is unknown or the pattern is not understood
 */
export function filterLogEvents(account: Account, input: Properties): object {
  const { logGroupName, startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken } = input;
  const group = account.logGroups.get(String(logGroupName));
  if (!group) {
    throw new AwsError(
      "ResourceNotFoundException",
      `The specified log group does not exist: ${logGroupName}`,
    );
  }
  const matches = filterPattern(String(input.filterPattern ?? ""));
  if (!matches) throw new AwsError("InvalidParameterException", "Invalid filter pattern");
  const events = group.streams
    .flatMap(({ name, lines }) =>
      lines
        .filter(({ arrivedAt }) => arrivedAt >= Number(startTime) && arrivedAt <= Number(endTime))
        .filter(({ text }) => matches(text))
        .map(({ arrivedAt, text }, index) => ({
          logStreamName: name,
          timestamp: arrivedAt,
          message: text,
          ingestionTime: arrivedAt,
          eventId: `${name}/${index}`,
        })),
    )
    .toSorted((a, b) => a.timestamp - b.timestamp);
  const from = nextToken === undefined ? 0 : pageOf(nextToken);
  const to = from + Math.min(Number(input.limit ?? PAGE), PAGE);
  return {
    events: events.slice(from, to),
    searchedLogStreams: [],
    ...(to < events.length && { nextToken: `page-${to}` }),
  };
}

function pageOf(token: unknown): number {
  const [, from] = /^page-(\d+)$/.exec(String(token)) ?? [];
  if (from !== undefined) return Number(from);
  throw new AwsError("InvalidParameterException", "The specified nextToken is invalid.");
}
