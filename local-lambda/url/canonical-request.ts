/**
 * The canonical form of a request, over which Signature Version 4 is made: the same text for every
 * way of writing the same request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

import { createHash } from "node:crypto";

/** An HTTP request as it came in. Texts are as Node.js gives them: one character per byte. */
export interface SignedRequest {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /**
   * By lower-case name. Node.js's `headersDistinct` keeps the values of a repeated header apart,
   * which its `headers` joins with a space too many.
   */
  headers: NodeJS.Dict<string | string[]>;
  body: Uint8Array;
}

/**
 * The canonical request. Its payload hash is that of the body as it came, whatever the request
 * says of it.
 *
 * @param signedHeaders their lower-case names, in order
 */
export function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const { method, target, headers, body } = request;
  const queryAt = target.indexOf("?");
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const query = queryAt < 0 ? "" : target.slice(queryAt + 1);
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${canonicalValue(headerValues(headers, name) ?? [])}`),
    "",
    signedHeaders.join(";"),
    sha256Hex(body),
  ].join("\n");
}

/** In hexadecimal. A text is hashed with one byte per character. */
export function sha256Hex(data: Uint8Array | string): string {
  const hash = createHash("sha256");
  return (typeof data === "string" ? hash.update(data, "latin1") : hash.update(data)).digest("hex");
}

/**
 * All values of a header, whatever its name, which the caller of a signed request chooses.
 *
 * @returns `undefined` when the request does not have it
 */
export function headerValues(
  headers: SignedRequest["headers"],
  name: string,
): string[] | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === "string" ? [value] : value;
}

/**
 * Encodes the path as it was sent, which is encoded once already, a second time: every service but
 * S3 does. Empty segments and dots are resolved first.
 */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encode(segment));
  }
  const end = segments.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${segments.join("/")}${end}`;
}

/**
 * Sorts by name and then by value, both encoded in the one canonical way. AWS does not say what a
 * bare `+` stands for; it is taken as itself, as in any URL, and not as a form's space.
 */
function canonicalQuery(query: string): string {
  return query
    .split("&")
    .filter((parameter) => parameter !== "")
    .map((parameter) => {
      const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(parameter) ?? [];
      return { name: encode(decode(name)), value: encode(decode(value)) };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join("&");
}

/** Values of one name are joined, and spaces count once within and not at all around them. */
function canonicalValue(values: readonly string[]): string {
  return values.map((one) => one.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")).join(",");
}

/** Leaves letters, digits and `-._~`, as RFC 3986 has it, and writes every other byte as `%XY`. */
function encode(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/gs, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

/** The bytes that a text stands for; a `%` without two digits stands for itself. */
function decode(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => {
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

/** By code unit: the order of AWS, and of no language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
