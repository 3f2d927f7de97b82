/**
 * Stands in for k6 where that is not installed: `node stand-in.ts run [options] SCRIPT` runs a script as
 * k6's documentation says, as far as ours goes. Each virtual user is a worker thread.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { openScript, type VirtualUser } from "./modules.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quiet: { type: "boolean" },
    "no-usage-report": { type: "boolean" },
    env: { type: "string", short: "e", multiple: true, default: [] },
    "execution-segment": { type: "string" },
    "execution-segment-sequence": { type: "string" },
    "console-output": { type: "string" },
  },
});
const [command, path] = positionals;
const log = values["console-output"];
assert(command === "run" && path && log, "k6 run --console-output FILE [options] SCRIPT");
const given = values.env.map((pair) => pair.split(/=(.*)/s, 2));
const env = { ...process.env, ...Object.fromEntries(given) };
const segment = values["execution-segment"] ?? null;
const sequence = values["execution-segment-sequence"] ?? null;
const script = { script: resolve(path), env };

const count = (sequence ?? "0,1").split(",").length - 1;
const [over, under = 1] = (segment ?? "0").split(":")[0]?.split("/").map(Number) ?? [];
const part = Math.round((Number(over) / under) * count);
const { options } = await openScript(script);
const [scenario] = Object.values(options.scenarios);
assert(scenario?.executor === "per-vu-iterations" && scenario.iterations === 1);
const vusInitialized = Math.ceil((scenario.vus - part) / count);
const startTime = Date.now();
const users = Array.from({ length: vusInitialized }, async (_, iterationInInstance) => {
  const user: VirtualUser = {
    ...script,
    log,
    options: { executionSegment: segment, executionSegmentSequence: sequence },
    instance: { vusInitialized },
    scenario: { startTime, iterationInInstance },
  };
  const thread = new Worker(new URL("virtual-user.ts", import.meta.url), { workerData: user });
  const [code] = await once(thread, "exit");
  if (code !== 0) process.exit(code);
});
await Promise.all(users);
