/** What an HTTP answer means for the request that it ends. */

import { STATUS_CODES } from "node:http";
import { parseAnswer } from "../../../handler/answer.ts";
import type { Observation } from "../record-lines.ts";
import { MAX_BODY_WORDS } from "./body.ts";
import { causeOf } from "./lambda-answers.ts";

/** What is known of an answer as soon as its head has come. */
export type Head = Pick<Observation, "status" | "requestId">;
/** What it comes to when it is whole. */
type Meaning = Pick<Observation, "outcome" | "message" | "response">;

/** The header that carries the id of an invocation, on Lambda and here. */
const REQUEST_ID_HEADER = "x-amzn-requestid";
/** How much of an answer that is not the handler's is kept as the observation's message. */
const MAX_MESSAGE_LENGTH = 300;
const TOO_LARGE = `the body is larger than ${MAX_BODY_WORDS}, which no answer is, and was not read to its end`;

/** Reads the head of an answer. */
export function headOf({ status, headers }: Pick<Response, "status" | "headers">): Head {
  const requestId = headers.get(REQUEST_ID_HEADER);
  return { status, ...(requestId !== null && { requestId }) };
}

/**
 * Reads an answer.
 *
 * @param body its text, or `undefined` when it was too large to be read
 * @param isSigned whether the request carried a signature
 */
export function meaningOf(
  response: Response,
  body: string | undefined,
  isSigned: boolean,
): Meaning {
  const { status } = response;
  if (status === 200) return readingOf(body);
  const said = body === undefined ? TOO_LARGE : messageIn(body);
  const message = withCause(said, causeIn(response, said, isSigned)) || STATUS_CODES[status];
  if (status === 429) return { outcome: "throttled", message };
  return { outcome: "failed", message: `${status} ${message ?? ""}`.trimEnd() };
}

function readingOf(body: string | undefined): Meaning {
  if (body === undefined) return { outcome: "unreadable", message: TOO_LARGE };
  const parsed = parseAnswer(body);
  if (parsed.ok) return { outcome: "ok", response: parsed.answer };
  const beginning = excerptOf(body);
  const message = beginning === "" ? parsed.problem : `${parsed.problem}: ${beginning}`;
  return { outcome: "unreadable", message };
}

function causeIn(response: Response, message: string, isSigned: boolean): string | undefined {
  const { status, headers } = response;
  const location = headers.get("location");
  if (status >= 300 && status < 400 && location !== null) {
    return `a redirect to ${excerptOf(location)}, which is not followed; fire at that address`;
  }
  // Without the service's id it is not the service that answers.
  if (!headers.has(REQUEST_ID_HEADER)) return undefined;
  return causeOf({ status, message, isSigned, aheadMs: aheadOf(headers) });
}

/** How far this machine's clock is ahead of the one that answered, in milliseconds. */
function aheadOf(headers: Headers): number | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : Date.now() - date;
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
  const beginning = text
    .slice(0, 2 * MAX_MESSAGE_LENGTH)
    .replaceAll(/\s+/g, " ")
    .trim();
  // A copy: a slice alone keeps the whole text in memory for as long as the observation is.
  return Buffer.from(beginning.slice(0, MAX_MESSAGE_LENGTH), "utf16le").toString("utf16le");
}
