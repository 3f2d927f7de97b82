/**
 * What a check comes to: the schema of its record, which `--json` prints as well, the type of it, and how
 * `npm run report` finds such a record among others.
 */

import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import * as z from "zod";
import { MODELS } from "../../basics/models.ts";
import { ExperimentError, rootMessage } from "../../experiment/core/errors.ts";

/** The worst first. */
const VERDICTS = ["mixed", "failed", "changed", "inconclusive", "history", "unchanged"] as const;
export type CheckVerdict = (typeof VERDICTS)[number];

/** The worst first. */
export const KINDS = ["mixed", "failed", "changed", "history"] as const;

const count = z.int().min(0);
const phase = z.enum(["in turn", "at once"]);
/** A value of JSON as a text, since a place may have none. */
const value = z.string().nullable();

const answerSchema = z.strictObject({
  status: z.int(),
  headers: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .describe("By lower-case name, without those of the transport."),
  body: z
    .unknown()
    .describe("Unpacked: JSON as a value, other text as a text, and bytes as their base64."),
});

/** What a caller would get. */
export type CheckedAnswer = z.infer<typeof answerSchema>;

const placeSchema = z.strictObject({
  place: z
    .string()
    .describe("A JSON pointer: /status, /headers/NAME, /body, or what is in a body of JSON."),
  alone: value.describe("What stands there when the event is served alone, as JSON."),
  now: value.describe("What stood there in the round, as JSON."),
  mark: z
    .string()
    .optional()
    .describe("The mark of another event in it: a text of its request, or of its answers alone."),
  of: z.string().optional().describe("The event whose mark that is."),
});

const findingSchema = z.strictObject({
  kind: z.enum(KINDS),
  phase: phase.describe("Whether the events were served one after the other, or at once."),
  event: z.string().describe("The event that was answered so."),
  others: z
    .array(z.string())
    .describe("The events that came before it, or were under way meanwhile."),
  places: z.array(placeSchema),
  answers: z
    .strictObject({ alone: answerSchema, now: answerSchema })
    .describe("The whole answers: to the event alone, and in the round."),
  round: count.describe("The number of the round that is shown."),
  isWarm: z.boolean().describe("Whether the events were served one after the other before."),
  letGoAtMs: z.record(z.string(), z.number()).describe("When each event was let go; none in turn."),
  rounds: z
    .strictObject({ shown: count, of: count })
    .describe("In how many of the rounds that could have shown it."),
  repeated: z
    .strictObject({ shown: count, of: count })
    .describe("How often it was seen again when that round was repeated."),
  log: z.array(z.string()).describe("What the handler logged in that round."),
});

const eventSchema = z.strictObject({
  name: z.string(),
  marks: z.array(z.string()),
  served: z.strictObject({ alone: count, inTurn: count, atOnce: count }),
  aloneMs: z.number().nullable().describe("The median of what the handler took alone."),
  failures: z
    .strictObject({ alone: count, log: z.array(z.string()) })
    .describe("How often it failed alone, and what was logged the first time."),
  waits: z
    .boolean()
    .nullable()
    .describe("Whether the handler ever let something else go on; null: it never settled."),
  volatile: z
    .array(z.string())
    .describe("Places that differ each time, for it or one like it, and are not compared."),
  history: z
    .array(z.string())
    .describe("Places that differ by what came before, and are not compared at once."),
  isVolatile: z.boolean().describe("Nothing of the body is the same each time."),
  marked: z.array(z.string()).describe("Places where its own marks stand when it is served alone."),
});

const reportSchema = z.strictObject({
  kind: z.literal("check"),
  version: z.string().describe("Of the program."),
  startedAt: z.iso.datetime(),
  model: z.enum(MODELS),
  code: z.string(),
  handler: z.string(),
  codeSha256: z.string(),
  seed: count,
  delays: z.boolean().describe("Whether timers, sockets and files ended late."),
  verdict: z.enum(VERDICTS),
  findings: z.array(findingSchema).describe("The worst first."),
  reasons: z.array(z.string()).describe("What keeps it from being conclusive; sentences."),
  events: z.array(eventSchema),
  inTurn: z.strictObject({ rounds: count }),
  atOnce: z.strictObject({
    rounds: count,
    pairs: count.describe("Pairs of events that were let go in one round."),
    overlapped: count.describe("Of these, the pairs that were under way at once."),
    most: count.describe("The most events that were under way at once."),
  }),
});

export type CheckReport = z.infer<typeof reportSchema>;
export type Finding = z.infer<typeof findingSchema>;

/** What a record begins with, in so many bytes. */
const BEGINNING = { bytes: 100, form: /^\s*\{\s*"kind":\s*"check"/ };

/**
 * Reads a file if it is the record of a check.
 *
 * @returns `undefined` for any other, and for one that cannot be read
 * @throws ExperimentError when it begins as one and is none
 */
export function readCheck(path: string): CheckReport | undefined {
  if (!BEGINNING.form.test(beginningOf(path))) return undefined;
  const unreadable = (why: string) =>
    new ExperimentError("record not reportable", { record: path, why });
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw unreadable(rootMessage(error));
  }
  const { data, error } = reportSchema.safeParse(content);
  if (data) return data;
  const [issue] = error.issues;
  assert(issue, "what does not fit the schema breaks it somewhere");
  throw unreadable(`${issue.path.join(".")}: ${issue.message}`);
}

function beginningOf(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const buffer = Buffer.alloc(BEGINNING.bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0)).toString();
  } catch {
    return "";
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The same as a JSON Schema. */
export function toJsonSchema(): object {
  return {
    title: "What check-handler of Lambda Concurrency Test says",
    ...z.toJSONSchema(reportSchema, { target: "draft-2020-12" }),
  };
}
