/** What a hundred cold environments cost, against a hundred bare Node.js processes as the floor. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Answer } from "../handler/contract.ts";
import { defaultConfiguration } from "../local-lambda/function-configuration.ts";
import { LocalLambda } from "../local-lambda/local-lambda.ts";
import { median, printRatio } from "./figures.ts";

const ENVIRONMENTS = 100;
const ROUNDS = 3;

/** So long that no environment is free again before the last one has started. */
const HOLD_MS = 15_000;

/** Prints the median time until all run, and the ratio. */
export async function benchColdStarts(): Promise<void> {
  const ours: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await coldEnvironments());
    floor.push(await bareProcesses());
  }
  printRatio(`${ENVIRONMENTS} cold starts`, median(ours), "bare processes", median(floor), "ms");
}

/** From the first request until the last one has entered its handler. */
async function coldEnvironments(): Promise<number> {
  const lambda = await LocalLambda.start(defaultConfiguration(), 0);
  const startedAt = Date.now();
  const body = JSON.stringify({ client: "x", holdMs: HOLD_MS, steps: 1 });
  const entries = Array.from({ length: ENVIRONMENTS }, async () => {
    const response = await fetch(lambda.url, { method: "POST", body });
    const { invocation } = (await response.json()) as Answer;
    return invocation?.enteredEpochMs ?? Number.NaN;
  });
  const lastEntry = Math.max(...(await Promise.all(entries)));
  await lambda.close();
  return lastEntry - startedAt;
}

async function bareProcesses(): Promise<number> {
  const startedAt = performance.now();
  const script = 'require("node:http"); process.stdout.write("ready")';
  const ready = Array.from({ length: ENVIRONMENTS }, async () => {
    const child = spawn(process.execPath, ["--eval", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
  });
  await Promise.all(ready);
  return performance.now() - startedAt;
}
