/** CloudWatch Logs: what programs find in the log groups. */

import { type Account, AwsError } from "./account.ts";
import { isRecord, type Properties } from "./properties.ts";

/** Events of one answer. Fewer than AWS's 10,000, so that callers have to turn pages. */
const PAGE = 100;

interface Line {
  group: string;
  stream: string;
  /** Epoch ms. */
  arrivedAt: number;
  text: string;
}

export class Logs {
  readonly #account: Account;
  /** Oldest first. */
  readonly lines: Line[] = [];

  constructor(account: Account) {
    this.#account = account;
  }

  /** Writes a line into a stream. A group that nobody has made is made, to last for ever. */
  write(group: string, stream: string, text: string): void {
    if (!this.#account.find("LogGroup", group)) this.#account.put("LogGroup", group, {});
    this.lines.push({ group, stream, arrivedAt: Date.now(), text });
  }

  /**
   * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
   *
   * @throws AwsError when the log group is unknown or the pattern is not understood
   */
  filterLogEvents(input: Properties): object {
    const { logGroupName, startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken } = input;
    const { id: group } = this.#account.get("LogGroup", logGroupName);
    const matches = filterPattern(String(input.filterPattern));
    const events = this.lines
      .filter((line) => line.group === group && matches(line.text))
      .filter(({ arrivedAt }) => arrivedAt >= Number(startTime) && arrivedAt <= Number(endTime))
      .map(({ stream, arrivedAt, text }, index) => ({
        logStreamName: stream,
        timestamp: arrivedAt,
        message: text,
        ingestionTime: arrivedAt,
        eventId: String(index),
      }));
    const from = nextToken === undefined ? 0 : pageOf(nextToken);
    const to = from + Math.min(Number(input.limit ?? PAGE), PAGE);
    return {
      events: events.slice(from, to),
      searchedLogStreams: [],
      ...(to < events.length && { nextToken: `page-${to}` }),
    };
  }
}

function pageOf(token: unknown): number {
  const [, from] = /^page-(\d+)$/.exec(String(token)) ?? [];
  if (from !== undefined) return Number(from);
  throw new AwsError("InvalidParameterException", "The specified nextToken is invalid.");
}

/** A selector that equals a text, whose end may be left open. */
const COMPARISON = /^\(?\s*\$((?:\.\w+)+)\s*=\s*"([^"*]*)(\*?)"\s*\)?$/;

/**
 * Reads a filter pattern for lines of JSON, as far as they are used here: comparisons, joined by `||`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws AwsError when it is not understood
 */
export function filterPattern(pattern: string): (line: string) => boolean {
  const [, inside = ""] = /^\s*\{\s*(.*?)\s*\}\s*$/s.exec(pattern) ?? [];
  const comparisons = inside.split("||").map((comparison) => {
    const [, path, expected = "", open] = COMPARISON.exec(comparison.trim()) ?? [];
    if (path === undefined) {
      throw new AwsError("InvalidParameterException", `Invalid filter pattern ${pattern}`);
    }
    return (value: unknown) => {
      let found = value;
      for (const name of path.slice(1).split("."))
        found = isRecord(found) ? found[name] : undefined;
      return typeof found === "string" && (open ? found.startsWith(expected) : found === expected);
    };
  });
  return (line) => {
    // A line of the platform's or of the handler's, or what somebody printed.
    const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
    return comparisons.some((matches) => matches(value));
  };
}
