/**
 * What AWS's runtime client is given, in every thread of an environment; task.ts puts the two
 * together.
 *
 * aws-lambda-ric brings a native add-on that speaks HTTP with the Runtime API and is compiled at
 * install time. Nothing third-party runs at install time here, so the add-on is missing, and this
 * module stands in for it: the same three calls, over connections of its own. What the client asks
 * without its add-on, over node:http, gets the key of the Runtime API from here.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { writeSync } from "node:fs";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { type ApiAnswer, ApiConnection } from "./api-connection.ts";

export { pathToFileURL } from "node:url";

// The main module of a process is AWS's client, an ES module, which require does not know: code that asks
// whether it is run itself must be told the same here.
Reflect.set(process, "mainModule", undefined);

const { AWS_LAMBDA_RUNTIME_API = "" } = process.env;
const [hostAndPort = "", key] = AWS_LAMBDA_RUNTIME_API.split("/");
/** Of the Runtime API, as the client takes it: `host:port`. */
export const address = hostAndPort;
const api = `/${key}/2018-06-01/runtime/invocation`;
// A poll occupies its connection until the next invocation comes: answers go over another one.
const polling = new ApiConnection(address);
const answering = new ApiConnection(address);
let answered: Promise<unknown> = Promise.resolve();

/** The add-on's calls, as `RAPIDClient` of aws-lambda-ric uses them. */
export const nativeClient = {
  /** Waits for the next invocation. The add-on's answers return first, and so do these. */
  async next(): Promise<ApiAnswer> {
    await answered;
    return polling.send("GET", `${api}/next`);
  },
  done(id: string, body: string): void {
    answer(`${id}/response`, body);
  },
  error(id: string, body: string, _xray: string): void {
    answer(`${id}/error`, body);
  },
};

function answer(path: string, body: string): void {
  answered = answering.send("POST", `${api}/${path}`, body);
}

/** `node:http` as the client uses it, for paths that begin with the key. */
export const httpModule = {
  Agent,
  request: (options: RequestOptions, listener: (response: IncomingMessage) => void) =>
    request({ ...options, path: `/${key}${options.path}` }, listener),
};

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes a line of a worker thread's log whole. The output of the process is a socket that does not
 * block, and what it does not take at once would be an exception that ends the thread.
 */
export function writeLog(descriptor: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
