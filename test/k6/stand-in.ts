/**
 * Stands in for k6 where that is not installed: `node stand-in.ts run [options] SCRIPT` runs a script as
 * k6's documentation says, as far as ours goes. Each virtual user is a worker thread, since k6's functions
 * return when what they do is over: https://grafana.com/docs/k6/latest/
 */

import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import {
  type Asked,
  type K6Request,
  type K6Response,
  openScript,
  type VirtualUser,
} from "./modules.ts";

const ABORTED = 108;
const TIMED_OUT = 1_050;
const OTHER_FAILURE = 1_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quiet: { type: "boolean" },
    "no-usage-report": { type: "boolean" },
    env: { type: "string", short: "e", multiple: true, default: [] },
    "execution-segment": { type: "string" },
    "execution-segment-sequence": { type: "string" },
    "console-output": { type: "string" },
    "log-format": { type: "string" },
  },
});
const [command, path] = positionals;
assert(command === "run" && path !== undefined, "k6 run [options] SCRIPT");
const script = resolve(path);
const given = values.env.map((pair) => pair.split(/=(.*)/s, 2));
const env = { ...process.env, ...Object.fromEntries(given) };
const segment = values["execution-segment"] ?? null;
const sequence = values["execution-segment-sequence"] ?? null;

const count = (sequence ?? "0,1").split(",").length - 1;
const part = Math.round(numberIn(segment?.split(":")[0] ?? "0") * count);
const { options } = await openScript(script, env);
const [scenario] = Object.values(options.scenarios);
assert(scenario?.executor === "per-vu-iterations" && scenario.iterations === 1);
const vusInitialized = Math.ceil((scenario.vus - part) / count);
const startTime = Date.now();
await Promise.all(Array.from({ length: vusInitialized }, (_, slot) => runUser(slot)));

/** Runs one virtual user to the end of its only iteration. */
function runUser(iterationInInstance: number): Promise<void> {
  const user: VirtualUser = {
    script,
    env,
    options: { executionSegment: segment, executionSegmentSequence: sequence },
    instance: { vusInitialized },
    scenario: { startTime, iterationInInstance },
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const worker = new Worker(new URL("virtual-user.ts", import.meta.url), { workerData: user });
  worker.on("message", (asked: Asked) => {
    if (asked.type === "log") return log(asked.text);
    if (asked.type === "abort") {
      process.stderr.write(logLine("error", `test aborted: ${asked.message}`));
      process.exit(ABORTED);
    }
    void answer(asked.request, agent).then((response) => {
      asked.port.postMessage(response);
      Atomics.store(asked.done, 0, 1);
      Atomics.notify(asked.done, 0);
    });
  });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => {
      agent.destroy();
      resolve();
    });
  });
}

function log(message: string): void {
  const file = values["console-output"];
  const line = logLine("info", message);
  if (file === undefined) process.stderr.write(line);
  else appendFileSync(file, line);
}

/** A line as each of k6's formats has it; what it says is plain ASCII. */
function logLine(level: string, message: string): string {
  const time = new Date().toISOString();
  switch (values["log-format"]) {
    case "raw":
      return `${message}\n`;
    case "json":
      return `${JSON.stringify({ level, msg: message, source: "console", time })}\n`;
    default:
      return `time="${time}" level=${level} msg=${JSON.stringify(message)} source=console\n`;
  }
}

async function answer(asked: K6Request, agent: Agent): Promise<K6Response> {
  const late = AbortSignal.timeout(asked.timeout);
  try {
    const { url, method, headers, body } = asked;
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { method, headers, agent, signal: late }, resolve).on("error", reject).end(body);
    });
    const { statusCode: status = 0 } = incoming;
    const named = Object.entries(incoming.headers).map(([name, value]) => [
      name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
      `${value}`,
    ]);
    const whole = { status, headers: Object.fromEntries(named), body: await text(incoming) };
    return { ...whole, error: "", error_code: status >= 400 ? 1_000 + status : 0 };
  } catch (error) {
    const failed = { status: 0, headers: {}, body: "" };
    if (late.aborted) return { ...failed, error: "request timeout", error_code: TIMED_OUT };
    return { ...failed, error: `${error}`, error_code: OTHER_FAILURE };
  }
}

function numberIn(fraction: string): number {
  const [over, under = "1"] = fraction.split("/");
  return Number(over) / Number(under);
}
