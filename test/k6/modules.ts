/**
 * The modules of k6 that our script imports, for a thread of the stand-in. As k6's own, each function
 * returns when what it does is over: https://grafana.com/docs/k6/latest/
 */

import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";

/** What a virtual user knows of itself, and what it is run with. */
export interface VirtualUser {
  script: string;
  /** The file of what it prints. */
  log: string;
  env: Record<string, string | undefined>;
  options: { executionSegment: string | null; executionSegmentSequence: string | null };
  instance: { vusInitialized: number };
  scenario: { startTime: number; iterationInInstance: number };
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
export async function openScript({ script, env }: Pick<VirtualUser, "script" | "env">) {
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
    return (await import(pathToFileURL(script).href)) as Script;
  } finally {
    hooks.deregister();
  }
}

/** A line as k6 logs it; what it says is plain ASCII. */
export const logLine = (level: string, message: string) =>
  `time="${new Date().toISOString()}" level=${level} msg=${JSON.stringify(message)} source=console\n`;

const ABORTED = 108;
/** Of a virtual user; the thread that starts them has none. */
const user = workerData as VirtualUser | null;

export const exec = {
  instance: user?.instance,
  scenario: user?.scenario,
  test: {
    options: user?.options,
    abort: (message: string) => {
      writeSync(2, logLine("error", `test aborted: ${message}`));
      process.exit(ABORTED);
    },
  },
};

const CURL_TIMED_OUT = 28;
const TIMED_OUT = 1_050;
const OTHER_FAILURE = 1_000;

export const http = {
  request: (
    method: string,
    url: string,
    body: string,
    { headers, timeout }: { headers: Record<string, string>; timeout: number },
  ) => {
    const options = ["-qsSig", "--path-as-is", "--noproxy", "*", "-m", `${timeout / 1_000}`];
    const sent = Object.entries(headers).map(([name, value]) => ["header", `${name}: ${value}`]);
    // Not as arguments, which any user of the machine sees.
    const input = [...sent, ["data-binary", body]]
      .map(([option, value]) => `${option} = ${JSON.stringify(value)}`)
      .join("\n");
    const curl = ["curl", ...options, "-K", "-", "-X", method, url] as const;
    const {
      status: code,
      stdout,
      stderr,
    } = spawnSync(curl[0], curl.slice(1), {
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (code !== 0) {
      const errorCode = code === CURL_TIMED_OUT ? TIMED_OUT : OTHER_FAILURE;
      return { status: 0, headers: {}, body: "", error: stderr, error_code: errorCode };
    }
    const end = stdout.indexOf("\r\n\r\n");
    const [first = "", ...lines] = stdout.slice(0, end).split("\r\n");
    const status = Number(first.split(" ")[1]);
    return {
      status,
      headers: Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s, 2))),
      body: stdout.slice(end + 4),
      error: "",
      error_code: status >= 400 ? 1_000 + status : 0,
    };
  },
};

export function sleep(seconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000 * seconds);
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
