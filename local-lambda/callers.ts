/**
 * Turns away what may not ask the ports on loopback. No other machine can, but on this one:
 *
 * - Web pages in its browsers. One may point a name of its own at this machine after it was loaded
 *   (DNS rebinding), and the browser then takes what listens here for the page's own server and lets
 *   it read the answers; but the requests still carry that name. And any page may send a simple
 *   request without asking, whose answer it only cannot read; but the browser says where it is from.
 *   https://fetch.spec.whatwg.org/#origin-header
 * - Its other users. What only an environment and its service may ask has a key, with which every
 *   path begins: of an address, the path is what a program hands on without knowing of it.
 */

import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { respond } from "./http-messages.ts";
import type { UrlResponse } from "./invocation.ts";

/** A loopback address or `localhost`, whatever the port: a forwarded one is another. */
const LOOPBACK = /^((\w[\w-]*\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const SCHEME = /^https?:\/\//i;

const KEY_BYTES = 16;

/**
 * What is answered instead, with 403, when a request is for another machine or comes from a web page
 * of another. AWS has no such answer: its URLs are public, and each has a name of its own.
 *
 * @returns `undefined`: it may be served
 */
export function refusalOf({ headers, headersDistinct }: IncomingMessage): UrlResponse | undefined {
  // Only HTTP/1.0, which no browser sends, has no Host.
  const { host = [], origin = [] } = headersDistinct;
  if (!host.every((name) => LOOPBACK.test(name))) return FOREIGN_HOST;
  if (!origin.every(isOfThisMachine)) return FOREIGN_PAGE;
  // A browser that follows a link says this alone, and perhaps where it stood: to it, this machine's
  // name and its number are two sites.
  const isForeign = origin.length === 0 && headers["sec-fetch-site"] === "cross-site";
  return isForeign && !isOfThisMachine(originOf(headers.referer)) ? FOREIGN_PAGE : undefined;
}

/** A port's new key, of characters that need no escape in a URL. It is no other port's. */
export function newKey(): string {
  return randomBytes(KEY_BYTES).toString("base64url");
}

/**
 * Lets in a caller who knows the key of a port, and whom the Function URL would let in.
 *
 * @returns the request's target as it was before the key stood there, or what is answered instead
 */
export function admitByKey(
  request: IncomingMessage,
  key: string,
): { admitted: true; target: string } | { admitted: false; response: UrlResponse } {
  const response = refusalOf(request);
  if (response) return { admitted: false, response };
  const { url = "" } = request;
  const prefix = Buffer.from(`/${key}`);
  const given = Buffer.from(url.slice(0, prefix.length));
  // The time that it takes says nothing of how much of a guess was right.
  if (given.length !== prefix.length || !timingSafeEqual(given, prefix)) {
    return { admitted: false, response: NO_KEY };
  }
  return { admitted: true, target: url.slice(prefix.length) };
}

/** The origin of a page's address. */
function originOf(address = ""): string {
  return URL.canParse(address) ? new URL(address).origin : "";
}

/** An origin of any port; that of a file, or of a page without one, is `null`. */
function isOfThisMachine(origin: string): boolean {
  return SCHEME.test(origin) && LOOPBACK.test(origin.replace(SCHEME, ""));
}

const FOREIGN_HOST = refuse(
  "The Host header names another machine. Call the embedded Lambda by the URL that it printed: " +
    "any web page could send a request under another name.",
);

const FOREIGN_PAGE = refuse(
  "The request comes from a web page of another machine, or from one that does not say where it is " +
    "from, such as a file. Call the embedded Lambda from a page that this machine serves, or without a " +
    "browser: any web page could send such a request unseen.",
);

const NO_KEY = refuse(
  "The path does not begin with the key of this port, which only one environment of the " +
    "embedded Lambda knows. Call the embedded Lambda by the URL that it printed.",
);

function refuse(message: string): UrlResponse {
  return respond(403, {}, JSON.stringify({ message }));
}
