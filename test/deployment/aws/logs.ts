/** CloudWatch Logs: groups, as the provider makes them, and what programs find in them. */

import { z } from "zod";
import { type Account, AwsError } from "./account.ts";
import { type Kind, tags, text } from "./kind.ts";
import { isRecord, type Properties } from "./properties.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const NAME = /^[.\-_/#A-Za-z0-9]+$/;
const MAX_NAME_LENGTH = 512;
/** What the provider puts behind a prefix: a time and a counter, 26 digits together. */
const SUFFIX_LENGTH = 26;
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
  3288, 3653,
];
/** Events of one answer. Fewer than AWS's 10,000, so that callers have to turn pages. */
const PAGE = 100;

interface LogStream {
  name: string;
  /** Oldest first, each with when it arrived, epoch ms. */
  lines: { arrivedAt: number; text: string }[];
}

export class LogGroup {
  retentionInDays: unknown;
  tags: unknown;
  readonly #streams = new Map<string, LogStream>();

  constructor({ retentionInDays, tags: given }: Properties) {
    this.retentionInDays = retentionInDays;
    this.tags = given;
  }

  /** Writes a line into a stream, which is made for its first. */
  write(name: string, text: string): void {
    const stream = this.#streams.get(name) ?? { name, lines: [] };
    this.#streams.set(name, stream);
    stream.lines.push({ arrivedAt: Date.now(), text });
  }

  get streams(): readonly LogStream[] {
    return [...this.#streams.values()];
  }
}

export class Logs {
  readonly account: Account;
  readonly groups = new Map<string, LogGroup>();

  constructor(account: Account) {
    this.account = account;
  }

  get resources(): string[] {
    return [...this.groups.keys()].map((name) => `log group ${name}`);
  }

  readonly groupKind: Kind = {
    named: { property: "name", maxLength: MAX_NAME_LENGTH },
    defaults: { retentionInDays: 0, skipDestroy: false },
    computed: ["arn", "logGroupClass", "name", "namePrefix", "region", "tagsAll"],
    recomputed: (changed) => (changed.has("tags") ? ["tagsAll"] : []),
    replacing: ["name", "namePrefix", "logGroupClass", "region"],
    inputs: z
      .object({
        name: text(NAME, MAX_NAME_LENGTH),
        namePrefix: text(NAME, MAX_NAME_LENGTH - SUFFIX_LENGTH),
        retentionInDays: z.literal(RETENTION_DAYS),
        tags,
      })
      .partial(),
    create: async (inputs, made) => {
      const name = String(inputs.name ?? `${inputs.namePrefix}${this.#suffix()}`);
      this.account.note("CreateLogGroup");
      if (this.groups.has(name)) {
        const message = `The log group ${name} exists already.`;
        throw new AwsError("ResourceAlreadyExistsException", message);
      }
      this.groups.set(name, new LogGroup(inputs));
      made(name);
      if (inputs.retentionInDays !== 0) this.account.note("PutRetentionPolicy");
    },
    read: ({ id }) => {
      const group = this.groups.get(id);
      return (
        group && {
          name: id,
          arn: this.account.arn("logs", `log-group:${id}`),
          logGroupClass: "STANDARD",
          region: this.account.region,
          retentionInDays: group.retentionInDays,
          tags: group.tags,
          tagsAll: group.tags,
        }
      );
    },
    update: async ({ id, changed, news }) => {
      const group = this.group(id);
      if (changed.has("tags")) this.account.note("TagResource");
      group.tags = news.tags;
      if (changed.has("retentionInDays")) this.account.note("PutRetentionPolicy");
      group.retentionInDays = news.retentionInDays;
    },
    remove: async ({ id }) => {
      this.account.note("DeleteLogGroup");
      this.groups.delete(id);
    },
  };

  /**
   * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
   *
   * @throws AwsError when the log group is unknown or the pattern is not understood
   */
  filterLogEvents(input: Properties): object {
    const { logGroupName, startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken } = input;
    const group = this.group(String(logGroupName));
    const matches = filterPattern(String(input.filterPattern));
    const events = group.streams
      .flatMap(({ name, lines }) =>
        lines
          .filter(({ arrivedAt }) => arrivedAt >= Number(startTime) && arrivedAt <= Number(endTime))
          .filter((line) => matches(line.text))
          .map((line, index) => ({
            logStreamName: name,
            timestamp: line.arrivedAt,
            message: line.text,
            ingestionTime: line.arrivedAt,
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

  /** The group of a name, which is made to last for ever where it is missing. */
  groupWithoutEnd(name: string): LogGroup {
    const group = this.groups.get(name) ?? new LogGroup({ retentionInDays: 0 });
    this.groups.set(name, group);
    return group;
  }

  /** @throws AwsError when there is no such group */
  group(name: string): LogGroup {
    const group = this.groups.get(name);
    if (group) return group;
    const message = `The specified log group does not exist: ${name}`;
    throw new AwsError("ResourceNotFoundException", message);
  }

  #suffix(): string {
    const time = new Date().toISOString().replaceAll(/\D/g, "");
    const counter = this.groups.size.toString(16);
    return `${time}${counter.padStart(SUFFIX_LENGTH - time.length, "0")}`;
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
function filterPattern(pattern: string): (line: string) => boolean {
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
