/** What environments of the embedded Lambda cost at a cold start, against bare processes of Node.js. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { openLocalTarget } from "../experiment/targets/local-target.ts";
import type { Answer } from "../handler/contract.ts";
import { ProcessGroups } from "../local-lambda/environment/process-groups.ts";
import {
  measureSideBySide,
  median,
  type Report,
  type Sample,
  TemporaryFolder,
} from "./side-by-side.ts";

/** How many environments are started at once, and how often. */
const SIZES = [
  [1, 9],
  [10, 5],
  [100, 5],
  [500, 1],
] as const;

const BARE = fileURLToPath(new URL("bare-process.cjs", import.meta.url));

/** Measures so many cold starts at once. */
export async function benchEnvironments(report: Report): Promise<void> {
  for (const [count, rounds] of SIZES) {
    const bare = "bare processes";
    await measureSideBySide(
      report,
      { ours: () => startEnvironments(count), [bare]: () => startBareProcesses(count) },
      [
        { benchmark: `cold start of ${count}`, value: "ms", unit: "ms", against: { [bare]: 1.4 } },
        {
          benchmark: `memory of each of ${count}`,
          value: "mb",
          unit: "MB",
          against: { [bare]: 1.3 },
        },
      ],
      rounds,
    );
  }
}

/**
 * Sends so many requests at once to an embedded Lambda that has no environment yet.
 *
 * @returns the milliseconds until the last one has entered its handler, and an environment's memory
 * @throws Error when not each of them had a cold start of its own
 */
async function startEnvironments(count: number): Promise<Sample> {
  const lambda = await openLocalTarget();
  const pool = new Pool(lambda.url.origin, { connections: count });
  // So long that all have started before the first one is free again, and has an answer to write.
  const body = JSON.stringify({ client: "x", holdMs: 1_000 + 40 * count, steps: 1 });
  try {
    const startedAt = Date.now();
    const post = async () => {
      const answer = await pool.request({ path: "/", method: "POST", body });
      return (await answer.body.json()) as Answer;
    };
    const answers = await Promise.all(Array.from({ length: count }, post));
    const entries = answers.map(({ invocation }) => invocation?.enteredEpochMs ?? Number.NaN);
    const pids = new Set(answers.map(({ environment }) => environment?.pid ?? Number.NaN));
    if (pids.size !== count) throw new Error(`${pids.size} of ${count} were cold`);
    return { ms: Math.max(...entries) - startedAt, ...privateMemory([...pids]) };
  } finally {
    await pool.close();
    await lambda.close();
  }
}

/** Starts so many processes at once, each as the embedded Lambda starts its own. */
async function startBareProcesses(count: number): Promise<Sample> {
  using folder = new TemporaryFolder();
  const groups = new ProcessGroups(folder.path);
  const env = { PATH: process.env.PATH ?? "" };
  const startedAt = performance.now();
  const children = Array.from({ length: count }, () =>
    groups.start(process.execPath, [BARE], env, folder.path),
  );
  await Promise.all(children.map(({ stdout }) => stdout && once(stdout, "data")));
  const ms = performance.now() - startedAt;
  const memory = privateMemory(children.map(({ pid = Number.NaN }) => pid));
  const exits = children.map((child) => once(child, "exit"));
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(exits);
  await groups.close();
  return { ms, ...memory };
}

/**
 * How much memory one of these processes has for itself alone, where Linux counts it; what they
 * share, such as the program's code, is left out.
 * https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
 */
function privateMemory(pids: readonly number[]): Sample {
  if (process.platform !== "linux") return {};
  const kbOfEach = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const fields = rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
    return Array.from(fields, ([, kb]) => Number(kb)).reduce((sum, kb) => sum + kb, 0);
  });
  return { mb: median(kbOfEach) / 1_024 };
}
