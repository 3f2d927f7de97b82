/** What the HTTP messages of the service have in common, on its URL and on the way to a process. */

import type { UrlResponse } from "./invocation.ts";

/**
 * Headers of one connection, which the next one makes for itself, and what depends on how a body is
 * sent. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "content-length",
];

/** The headers that may be sent on. Node.js refuses some of the others, or takes them for its own. */
export function endToEnd(
  headers: NodeJS.Dict<string | string[]>,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const known = name.toLowerCase();
    if (value === undefined || HOP_BY_HOP.includes(known) || known.startsWith("proxy-")) continue;
    // As a list, even of one, Node.js refuses some names.
    kept[name] = Array.isArray(value) && value.length === 1 ? value.join() : value;
  }
  return kept;
}

/** A response whose body is JSON unless the headers say otherwise. */
export function respond(
  statusCode: number,
  headers: UrlResponse["headers"],
  body: string | Buffer,
): UrlResponse {
  return {
    statusCode,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(body),
  };
}
