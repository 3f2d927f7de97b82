/** What environments of the embedded Lambda cost at a cold start, against bare processes of Node.js. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Pool } from "undici";
import { openLocalTarget } from "../experiment/targets/local-target.ts";
import type { Answer } from "../handler/contract.ts";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import { makeTemporaryFolder } from "../local-lambda/environment/task.ts";
import { measureSideBySide, median, type Sample } from "./side-by-side.ts";

/** How many environments are started at once, and how often. */
const SIZES = [
  [1, 9],
  [10, 5],
  [100, 3],
  [500, 1],
] as const;

/** The least that can answer over HTTP: it says that it is there, and stays until it is ended. */
const BARE_PROCESS =
  'require("node:http"); process.stdout.write("ready"); setInterval(() => {}, 1 << 30);';

/** Measures so many cold starts at once. */
export async function benchEnvironments(): Promise<void> {
  for (const [count, rounds] of SIZES) {
    const bare = "bare processes";
    await measureSideBySide(
      {
        ours: () => withEnvironments(count, async (_, pids, ms) => coldStart(ms, pids)),
        [bare]: () => startBareProcesses(count),
      },
      {
        "cold start": { [bare]: 1.4 },
        // It is the same for any number of them.
        ...(count === 100 && { "memory of each": { [bare]: 1.3 } }),
      },
      { what: `of ${count}`, rounds },
    );
  }
}

/**
 * Sends so many requests at once to an embedded Lambda that has no environment yet.
 *
 * @param use is given a pool with a connection for each environment, their processes, and the
 * milliseconds until the last one had entered its handler
 * @throws Error when not each request had a cold start of its own
 */
export async function withEnvironments<T>(
  count: number,
  use: (pool: Pool, pids: number[], ms: number) => Promise<T>,
): Promise<T> {
  const lambda = await openLocalTarget();
  const pool = new Pool(lambda.url.origin, { connections: count });
  try {
    const startedAt = Date.now();
    // So long that all have started before the first one is free again, and has an answer to write.
    const holdMs = 1_000 + 30 * count;
    const answers = await Promise.all(Array.from({ length: count }, () => post(pool, holdMs)));
    const entries = answers.map(({ invocation }) => invocation?.enteredEpochMs ?? Number.NaN);
    const pids = [...new Set(answers.flatMap(({ environment }) => environment?.pid ?? []))];
    if (pids.length !== count) throw new Error(`${pids.length} of ${count} were cold`);
    return await use(pool, pids, Math.max(...entries) - startedAt);
  } finally {
    await pool.close();
    await lambda.close();
  }
}

/** Sends one request to any of the pool's environments. */
export async function post(pool: Pool, holdMs: number): Promise<Answer> {
  const body = JSON.stringify({ client: "x", holdMs, steps: 1 });
  const answer = await pool.request({ path: "/", method: "POST", body });
  return (await answer.body.json()) as Answer;
}

/** Starts so many processes at once, each as the embedded Lambda starts its own. */
async function startBareProcesses(count: number): Promise<Sample> {
  const folder = makeTemporaryFolder();
  const groups = new ProcessGroups(folder);
  const env = { PATH: process.env.PATH ?? "" };
  const startedAt = performance.now();
  const children = Array.from({ length: count }, () =>
    groups.start(process.execPath, ["--eval", BARE_PROCESS], env, folder),
  );
  await Promise.all(children.map(({ stdout }) => stdout && once(stdout, "data")));
  const pids = children.map(({ pid = Number.NaN }) => pid);
  const sample = coldStart(performance.now() - startedAt, pids);
  const ends = children.map((child) => once(child, "exit"));
  await groups.close();
  await Promise.all(ends);
  return sample;
}

/**
 * Adds how much memory one of these processes has for itself alone, where Linux counts it; what they
 * share, such as the program's code, is left out.
 * https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
 */
function coldStart(ms: number, pids: readonly number[]): Sample {
  if (process.platform !== "linux") return { "cold start": ms };
  const kbOfEach = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const fields = rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
    return Array.from(fields, ([, kb]) => Number(kb)).reduce((sum, kb) => sum + kb, 0);
  });
  return { "cold start": ms, "memory of each": median(kbOfEach) / 1_024 };
}
