/** What an HTTP answer means for the request that it ends, and what its lack does. */

import { STATUS_CODES } from "node:http";
import * as z from "zod";
import { excerpt } from "../../../basics/printable.ts";
import type {
  Answer,
  EnvironmentReport,
  GlobalData,
  InvocationReport,
} from "../../../handler/contract.ts";
import { rootCode, rootMessage } from "../errors.ts";
import { formatDuration } from "../plan/duration.ts";
import type { Observation } from "../record-lines.ts";

/** What is known of an answer as soon as its head has come. */
export type Head = Pick<Observation, "status" | "requestId" | "logStream">;
/** What it comes to when it is whole. */
type Meaning = Pick<Observation, "outcome" | "message" | "response">;

/** The header that carries the id of an invocation, on Lambda and here. */
const REQUEST_ID_HEADER = "x-amzn-requestid";
/** The same of a web function: its server and its log know the request by that. */
const WEB_REQUEST_ID_HEADER = "lambda-web-request-id";
/** By which the service says into which log stream the environment of a web function writes. */
const LOG_STREAM_HEADER = "lambda-web-logstream";
/** The headers that an answer is read by, in lower case. */
export const ANSWER_HEADERS = [
  REQUEST_ID_HEADER,
  WEB_REQUEST_ID_HEADER,
  LOG_STREAM_HEADER,
  "content-encoding",
  "date",
  "location",
] as const;
/**
 * Longest name of a log stream. What is longer is none, and is left out: a part of it might be the name
 * of another. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html
 */
const MAX_LOG_STREAM_LENGTH = 512;
/**
 * Most that is read of a body, in bytes. The handler's largest answer, the latest 1,000 names of 100
 * characters each, stays below 650 kB however they are escaped; a function could send 6 MB:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_BODY_BYTES = 2 ** 20;
const TOO_LARGE = "the body is larger than 1 MiB, which no answer is, and was not read to its end";
/** How much of an answer that is not the handler's is kept as the observation's message. */
const MAX_MESSAGE_LENGTH = 300;

/** Reads the head of an answer. */
export function headOf({ status, headers }: Pick<Response, "status" | "headers">): Head {
  const requestId = requestIdIn(headers);
  const logStream = headers.get(LOG_STREAM_HEADER) ?? "";
  const isName = logStream !== "" && logStream.length <= MAX_LOG_STREAM_LENGTH;
  return { status, ...(requestId !== undefined && { requestId }), ...(isName && { logStream }) };
}

function requestIdIn(headers: Headers): string | undefined {
  return headers.get(WEB_REQUEST_ID_HEADER) ?? headers.get(REQUEST_ID_HEADER) ?? undefined;
}

/** The body of an answer, as far as it was read. */
export interface Body {
  text: string;
  /** Whether it was read to its end; one that is larger than any answer is not. */
  isWhole: boolean;
}

/**
 * Reads an answer.
 *
 * @param isSigned whether the request carried a signature
 * @param receivedAt when it came, by its runner's clock, in milliseconds since 1970
 */
export function meaningOf(
  response: Response,
  body: Body,
  isSigned: boolean,
  receivedAt = Date.now(),
): Meaning {
  const { status } = response;
  const unreadable = body.isWhole ? codingOf(response) : TOO_LARGE;
  if (status === 200) {
    return unreadable === undefined
      ? readingOf(body.text)
      : { outcome: "unreadable", message: unreadable };
  }
  const said = unreadable ?? messageIn(body.text);
  const message =
    withCause(said, causeIn(response, said, isSigned, receivedAt)) || STATUS_CODES[status];
  if (status === 429) return { outcome: "throttled", message };
  return { outcome: "failed", message: `${status} ${message ?? ""}`.trimEnd() };
}

/** Why a body cannot be read: no request asks for a coding, so that no answer should have one. */
function codingOf({ headers }: Response): string | undefined {
  const coding = headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() === "identity") return undefined;
  return `the body is encoded (${excerptOf(coding)}), which was not asked for`;
}

function readingOf(body: string): Meaning {
  const parsed = parseAnswer(body);
  if (parsed.ok) return { outcome: "ok", response: parsed.answer };
  const beginning = excerptOf(body);
  const message = beginning === "" ? parsed.problem : `${parsed.problem}: ${beginning}`;
  return { outcome: "unreadable", message };
}

/**
 * Why a Function URL answered so, and what helps where something does.
 *
 * @param message what the answer says of itself
 * @returns a clause to stand behind that, or `undefined` where the answer speaks for itself
 */
function causeIn(
  response: Response,
  message: string,
  isSigned: boolean,
  receivedAt: number,
): string | undefined {
  const { status, headers } = response;
  const location = headers.get("location");
  if (status >= 300 && status < 400 && location !== null) {
    return `a redirect to ${excerptOf(location)}, which is not followed; fire at that address`;
  }
  // Without the service's id it is not the service that answers.
  if (requestIdIn(headers) === undefined) return undefined;
  if (status !== 403) return CAUSES[status];
  const isWeb = headers.has(WEB_REQUEST_ID_HEADER);
  return forbidden(
    message,
    isSigned,
    aheadOf(headers, receivedAt),
    isWeb ? WEB_ACTIONS : URL_ACTIONS,
  );
}

/**
 * 404, 413, 429, 500, 502, 503 and 504 as in
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors and
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html; what is throttled and why in
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
 */
const CAUSES: Record<number, string> = {
  404: "there is no function behind this URL; check the address, or deploy the function anew",
  413: "the request is larger than the 6 MB that a function takes",
  429: "the concurrency of the function or of the account is used up",
  500: "the code behind the URL answered so, or Lambda itself failed",
  502: "the function failed: it threw, ended, took too long, or returned no response",
  503: "Lambda cannot serve the function at the moment",
  504: "the answer did not come in time",
};

/** A clock that is off by this, in milliseconds, is to blame for a signature that has expired. */
const CLEARLY_WRONG_MS = 60_000;

/** What a caller of a Function URL must be allowed to, and of a web function. */
const URL_ACTIONS = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];
const WEB_ACTIONS = ["lambda:InvokeWebFunctionEndpoint"];

/**
 * Why a URL answered 403. The permissions that a caller needs:
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-endpoint-access-control.html; what can be
 * wrong with a signature:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
 */
function forbidden(
  message: string,
  isSigned: boolean,
  aheadMs: number | undefined,
  actions: readonly string[],
): string | undefined {
  if (!isSigned) {
    return (
      "the URL takes signed requests only (fire at the stack, which signs them), or not everybody " +
      `has the permission ${actions.join(" and ")}`
    );
  }
  if (/token.*expired/i.test(message)) {
    return "sign in again, such as with aws sso login, and fire again";
  }
  if (/signature expired|not yet current/i.test(message)) return untimely(message, aheadMs);
  if (/does not match/i.test(message)) {
    return "the secret key is not that of the access key";
  }
  if (/token.*invalid/i.test(message)) {
    return "AWS does not know these credentials; check AWS_PROFILE and the AWS_… variables";
  }
  if (/forbidden|not authorized|access ?denied/i.test(message)) {
    return (
      `the identity lacks ${actions.join(" or ")} on the function; ` +
      "the stack's output callerPolicy is a policy that allows it"
    );
  }
  return undefined;
}

/** A signature holds for five minutes before and after its date. */
function untimely(message: string, aheadMs: number | undefined): string {
  const isBehind = /expired/i.test(message);
  if (isBehind && aheadMs !== undefined && Math.abs(aheadMs) < CLEARLY_WRONG_MS) {
    return "the request was on its way for more than five minutes";
  }
  const where = isBehind ? "behind" : "ahead of";
  if (aheadMs === undefined) return `the runner's clock is ${where} the service's; set it`;
  // The service's clock is known to the second, and how long the answer took is in it.
  const far = formatDuration(Math.max(1, Math.round(Math.abs(aheadMs) / 60_000)) * 60_000);
  return `the runner's clock is about ${far} ${where} the service's; set it`;
}

/** How far the runner's clock is ahead of the one that answered, in milliseconds. */
function aheadOf(headers: Headers, receivedAt: number): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : receivedAt - date;
}

function withCause(said: string, cause: string | undefined): string {
  if (cause === undefined || said === "") return cause ?? said;
  return `${said.replace(/\.$/, "")}: ${cause}`;
}

/** The `message` of a JSON error, however it is spelled and if not null, or the text's beginning. */
function messageIn(text: string): string {
  let message: unknown;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null) {
      message = "message" in body ? body.message : "Message" in body ? body.Message : undefined;
    }
  } catch {
    // Not JSON: the text speaks for itself.
  }
  if (message === null) return "";
  return excerptOf(typeof message === "string" ? message : text);
}

/** As much of a text as a row has room for, on one line. */
function excerptOf(text: string): string {
  return excerpt(text.slice(0, 2 * MAX_MESSAGE_LENGTH).replaceAll(/\s+/g, " "), MAX_MESSAGE_LENGTH);
}

const LENGTH_MISMATCH = /^UND_ERR_RES_CONTENT_LENGTH/;
const UNPARSABLE = "the target broke the rules of HTTP";

/** What broke a connection that was open, by the error's code and message. */
const BREAKS: readonly [RegExp, string][] = [
  [/^UND_ERR_SOCKET bad response/, "the target sent a 100 that nobody had asked for"],
  [/^(UND_ERR_SOCKET bad upgrade|ERR_ASSERTION .*upgrade)/, "the target changed the protocol"],
  [/^UND_ERR_SOCKET/, "the target closed the connection"],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)/, "the target reset the connection"],
  [LENGTH_MISMATCH, "the target sent another length than it had said"],
  [/^(HPE_|HTTPParserError|ERR_ASSERTION)/, UNPARSABLE],
  [/^UND_ERR_HEADERS_OVERFLOW/, "the target sent too large a head"],
];

/** Why a request that was sent has no whole answer, and what that makes of it. */
export function brokenOff(error: unknown, { status }: Pick<Observation, "status">): Meaning {
  const code = rootCode(error);
  const detail = rootMessage(error);
  // undici says so of a head that it cannot parse, too: it had no length to compare with then.
  const isHeadBroken = status === undefined && LENGTH_MISMATCH.test(code);
  const known = isHeadBroken
    ? UNPARSABLE
    : BREAKS.find(([pattern]) => pattern.test(`${code} ${detail}`))?.[1];
  if (known === undefined) return { outcome: "failed", message: detail };
  const when = status === undefined ? "before it answered" : `in the middle of its ${status}`;
  // An assertion of undici's own explains nothing.
  const why = code === "ERR_ASSERTION" || isHeadBroken ? "" : ` (${detail})`;
  return { outcome: "failed", message: `${known} ${when}${why}` };
}

// The handler's answer, parsed at the border: what comes back is from a target that may be anything

const count = z.int().nonnegative();

const globalDataSchema: z.ZodType<GlobalData> = z.object({
  counter: count,
  client: z.string(),
  clients: z.array(z.string()),
  dropped: count.optional(),
});

const environmentSchema: z.ZodType<EnvironmentReport> = z.object({
  id: z.string().min(1),
  instance: z.string().min(1),
  pid: count,
  threadId: count,
  initializedAt: z.number(),
  initializationType: z.string().optional(),
  coldStart: z.boolean(),
  runtime: z.string().optional(),
  nodeVersion: z.string(),
  memoryMb: z.number().optional(),
  region: z.string().optional(),
  architecture: z.string(),
});

const invocationSchema: z.ZodType<InvocationReport> = z.object({
  requestId: z.string(),
  enteredAt: z.number(),
  leftAt: z.number(),
  enteredEpochMs: z.number(),
  leftEpochMs: z.number(),
  inFlightOnEntry: z.int().positive(),
  inFlightPeak: z.int().positive(),
  onEntry: z.object({ counter: count, client: z.string() }),
});

/**
 * The body of a 200. `environment` and `invocation` may be missing, as they are when the function
 * is somebody else's: then nothing can be concluded, which is not the same as unreadable.
 */
export const answerSchema: z.ZodType<Answer> = z.object({
  client: z.string(),
  globalData: globalDataSchema,
  message: z.string(),
  environment: environmentSchema.optional(),
  invocation: invocationSchema.optional(),
});

export type ParsedAnswer = { ok: true; answer: Answer } | { ok: false; problem: string };

/**
 * Reads the text of a 200.
 *
 * @returns the answer, or what keeps the text from being one, as a phrase without a full stop
 */
export function parseAnswer(text: string): ParsedAnswer {
  const body = text.trim();
  if (body === "") return { ok: false, problem: "the body is empty" };
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    const problem = /^[{[]/.test(body) ? "JSON that is cut short or broken" : "no JSON";
    return { ok: false, problem };
  }
  const { data, error } = answerSchema.safeParse(input);
  if (data) return { ok: true, answer: data };
  const path = error.issues[0]?.path.join(".") || "it";
  return {
    ok: false,
    problem: `not the answer of this project's handler: ${path} is missing or not as it should be`,
  };
}
