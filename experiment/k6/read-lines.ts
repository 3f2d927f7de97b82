/**
 * Reads the lines that `script.js` prints, in whatever form k6 or Kubernetes hand them on: raw, as JSON, or
 * within `msg="…"`, with prefixes of theirs or without. What an answer means is concluded here, as of our own
 * requests.
 */

import * as z from "zod";
import { ANSWER_HEADERS, brokenOff, headOf, meaningOf } from "../core/firing/answers.ts";
import type { Observation, RunLine } from "../core/record-lines.ts";

/** Which runner of which run; `runner` and `runners` are absent where k6 fires alone. */
const whose = {
  run: z.string(),
  runner: z.string().min(1).optional(),
  startedAt: z.iso.datetime(),
};

const runSchema = z.object({
  type: z.literal("k6 run"),
  ...whose,
  experiment: z.string(),
  index: z.int().nonnegative(),
  // The rest is checked with the line of the record that it becomes.
  plan: z.custom<RunLine["plan"]>(),
  target: z.custom<RunLine["target"]>(),
  versions: z.custom<RunLine["versions"]>(),
  runners: z.array(z.string()).optional(),
  startAt: z.iso.datetime(),
});

const answerSchema = z.object({
  type: z.literal("k6 answer"),
  ...whose,
  index: z.int().nonnegative(),
  client: z.string(),
  sentAt: z.number(),
  answeredAt: z.number(),
  isSigned: z.boolean(),
  /** 0 where there is no answer. */
  status: z.int().nonnegative(),
  headers: z.record(z.string(), z.string()),
  /** Of k6, where the request failed. */
  error: z.string().optional(),
  errorCode: z.int().optional(),
  isWhole: z.boolean(),
  body: z.string(),
});
type K6Answer = z.infer<typeof answerSchema>;

const lineSchema = z.discriminatedUnion("type", [runSchema, answerSchema]);

/** How each line of the script begins, as it is or within the quotes of a text. */
const MARK = /\{\\?"type\\?":\\?"k6 /;
/** The same within quotes: up to the quote that ends the text. The script prints plain ASCII. */
const QUOTED = /"(\{\\"type\\":\\"k6 (?:[^"\\]|\\.)*)"/;

/** As a record has it, and which shot it is of, ISO 8601: a log may hold several shots of one runner. */
export interface LoggedObservation extends Observation {
  startedAt: string;
}

/** Whether a text holds a line of the script, or the beginning of one. */
export function isK6Line(text: string): boolean {
  return MARK.test(text);
}

/**
 * Reads a line of the script into the line of a record that says the same.
 *
 * @returns a line whose plan and target are not checked yet, or `undefined` when the text holds none or not
 *   all of it
 */
export function parseK6Line(text: string): RunLine | LoggedObservation | undefined {
  if (!isK6Line(text)) return undefined;
  const { data: line } = lineSchema.safeParse(jsonIn(text));
  if (!line) return undefined;
  return line.type === "k6 run" ? runOf(line) : observationOf(line);
}

function jsonIn(text: string): unknown {
  const quoted = QUOTED.exec(text)?.[1];
  try {
    if (quoted !== undefined) return JSON.parse(JSON.parse(`"${quoted}"`));
    return JSON.parse(text.slice(text.search(MARK), text.lastIndexOf("}") + 1));
  } catch {
    return undefined;
  }
}

function runOf({ type: _, ...line }: z.infer<typeof runSchema>): RunLine {
  const schema = line.runners ? 2 : 1;
  const startedAt = spelled(line.startedAt);
  return { type: "run", schema, role: "experiment", ...line, startedAt };
}

/** In one way, since shots are told apart by it. */
function spelled(time: string): string {
  return new Date(time).toISOString();
}

function observationOf(answer: K6Answer): LoggedObservation {
  const { run, runner, index, client, startedAt, sentAt, answeredAt } = answer;
  return {
    type: "observation",
    run,
    index,
    client,
    ...(runner !== undefined && { runner }),
    startedAt: spelled(startedAt),
    sentAt,
    answeredAt,
    ...endingOf(answer),
  };
}

/** Lowest and highest status of an answer that is none of those which only announce one. */
const STATUSES = { min: 200, max: 599 };
/** https://grafana.com/docs/k6/latest/javascript-api/error-codes/ */
const TIMED_OUT = 1_050;

function endingOf(answer: K6Answer): Pick<Observation, "outcome"> & Partial<Observation> {
  const { status, error, errorCode, isSigned, isWhole, body, startedAt, answeredAt } = answer;
  const headers = headersOf(answer);
  const head = status === 0 ? {} : headOf({ status, headers });
  if (errorCode === TIMED_OUT) return { ...head, outcome: "timed out" };
  if (error !== undefined) return { ...head, ...brokenOff(new Error(error), head) };
  if (status < STATUSES.min || status > STATUSES.max) {
    return { ...head, outcome: "failed", message: `the target answered with the status ${status}` };
  }
  const response = new Response(null, { status, headers });
  const receivedAt = Date.parse(startedAt) + answeredAt;
  return { ...head, ...meaningOf(response, { text: body, isWhole }, isSigned, receivedAt) };
}

/** Without what no header can hold: k6 reads UTF-8, and others count bytes. */
function headersOf({ headers }: K6Answer): Headers {
  const kept = new Headers();
  for (const name of ANSWER_HEADERS) {
    const value = headers[name];
    if (value !== undefined) kept.set(name, value.replaceAll(/[^\t -~]/g, "?"));
  }
  return kept;
}
