/** The modules of k6 that our script imports, for a thread of the stand-in. */

import { createHash, createHmac } from "node:crypto";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import {
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";

/** What a virtual user knows of itself, and what it is run with. */
export interface VirtualUser {
  script: string;
  env: Record<string, string | undefined>;
  options: { executionSegment: string | null; executionSegmentSequence: string | null };
  instance: { vusInitialized: number };
  scenario: { startTime: number; iterationInInstance: number };
}

/** What a virtual user asks for; it waits until `done` is set, where an answer is to come. */
export type Asked =
  | { type: "log"; text: string }
  | { type: "abort"; message: string }
  | { type: "request"; request: K6Request; port: MessagePort; done: Int32Array };

export interface K6Request {
  method: string;
  url: string;
  body: string;
  headers: Record<string, string>;
  timeout: number;
}

export interface K6Response {
  status: number;
  headers: Record<string, string>;
  body: string;
  error: string;
  error_code: number;
}

interface Script {
  options: {
    scenarios: Record<string, { executor: string; vus: number; iterations: number }>;
  };
  default: () => void;
}

/** What each module of k6 exports, of what is below. */
const EXPORTS: Readonly<Record<string, string>> = {
  k6: "{ sleep }",
  "k6/crypto": "{ hmac, sha256 }",
  "k6/execution": "{ exec as default }",
  "k6/http": "{ http as default }",
};

/** Loads a script in the context that k6 gives it. */
export async function openScript(path: string, env: VirtualUser["env"]): Promise<Script> {
  Object.assign(globalThis, { __ENV: env });
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const names = EXPORTS[specifier];
      if (names === undefined) return next(specifier, context);
      const source = `export ${names} from ${JSON.stringify(import.meta.url)};`;
      return { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true };
    },
    load: (url, context, next) => {
      // k6 takes every script for a module.
      return next(url, url.endsWith(".js") ? { ...context, format: "module" } : context);
    },
  });
  try {
    return await import(pathToFileURL(path).href);
  } finally {
    hooks.deregister();
  }
}

/** Of a virtual user; the thread that starts them has none. */
const user = workerData as VirtualUser | null;

export const exec = {
  instance: user?.instance,
  scenario: user?.scenario,
  test: {
    options: user?.options,
    abort: (message: string) => {
      ask({ type: "abort", message });
      // Nothing more of the script is run.
      wait(new Int32Array(new SharedArrayBuffer(4)));
    },
  },
};

export const http = {
  request: (
    method: string,
    url: string,
    body: string,
    { headers, timeout }: Pick<K6Request, "headers" | "timeout">,
  ): K6Response => {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(4));
    const request = { method, url, body, headers, timeout };
    ask({ type: "request", request, port: port2, done });
    wait(done);
    const response: K6Response = receiveMessageOnPort(port1)?.message;
    port1.close();
    return response;
  },
};

export function sleep(seconds: number): void {
  wait(new Int32Array(new SharedArrayBuffer(4)), 1_000 * seconds);
}

export function sha256(data: string, encoding: "hex"): string {
  return createHash("sha256").update(data).digest(encoding);
}

export function hmac(
  algorithm: string,
  secret: string | ArrayBuffer,
  data: string,
  encoding: "hex" | "binary",
): string | ArrayBuffer {
  const key = typeof secret === "string" ? secret : Buffer.from(secret);
  const digest = createHmac(algorithm, key).update(data).digest();
  return encoding === "hex" ? digest.toString(encoding) : new Uint8Array(digest).buffer;
}

/** Tells the thread that starts the virtual users. */
export function ask(asked: Asked): void {
  parentPort?.postMessage(asked, asked.type === "request" ? [asked.port] : []);
}

function wait(until: Int32Array, ms?: number): void {
  Atomics.wait(until, 0, 0, ms);
}
