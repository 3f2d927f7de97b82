/** What an error of a connection means, and what helps. */

import { ExperimentError, rootCause, rootMessage } from "../errors.ts";
import type { Observation } from "../record-lines.ts";

/** The code of the innermost error, such as `ECONNREFUSED`, or its name where it has none. */
function codeOf(error: unknown): string {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) return "";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
}

/**
 * The failure to open one connection.
 *
 * @param opened how many were open by then
 * @param count how many were wanted
 */
export function unopened(url: URL, opened: number, count: number, error: unknown): ExperimentError {
  return new ExperimentError(
    "connection not opened",
    { host: url.host, opened, wanted: count, why: inOneLine(error), code: codeOf(error) },
    { cause: error },
  );
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
export function brokenOff(
  error: unknown,
  { status }: Pick<Observation, "status">,
): Pick<Observation, "outcome" | "message"> {
  const code = codeOf(error);
  const detail = inOneLine(error);
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

/** OpenSSL puts the reason between file names and line breaks. */
function inOneLine(error: unknown): string {
  const cause = rootCause(error);
  if (cause instanceof Error && "reason" in cause && codeOf(cause).startsWith("ERR_SSL_")) {
    return `TLS failed: ${cause.reason}`;
  }
  return rootMessage(error).replaceAll(/\s+/g, " ").trim();
}
