/**
 * Whom a request is for, by its Host header. A web page may point a name of its own at this machine
 * after it was loaded (DNS rebinding), and the browser then takes what listens on loopback for the
 * page's own server and lets it read the answers; but the requests still carry that name.
 */

import type { IncomingMessage } from "node:http";

/** A loopback address or `localhost`, whatever the port: a forwarded one is another. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Whether every Host header names this machine. Only HTTP/1.0, which no browser sends, has none. */
export function isForThisMachine({ headersDistinct }: IncomingMessage): boolean {
  return (headersDistinct.host ?? []).every((host) => LOOPBACK.test(host));
}
