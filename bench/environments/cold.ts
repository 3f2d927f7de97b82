/** Cold starts, all at once: of environments of the embedded Lambda, and of bare processes. */

import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import type { Answer } from "../../handler/contract.ts";
import { ProcessGroups } from "../../local-lambda/environment/process-groups.ts";
import { RunningProgram } from "../running.ts";
import { privateMemoryMb } from "./private-memory.ts";

export interface Cold {
  /** From the first request until the last one has entered its handler, in milliseconds. */
  ms: number;
  /** Private memory of one, in MB; not a number where the system does not tell. */
  memoryMb: number;
}

/** Long enough that every request has come before an environment is free again. */
const BODY = JSON.stringify({ client: "x", holdMs: 1_000, steps: 1 });
const BARE = fileURLToPath(new URL("bare-process.cjs", import.meta.url));

/**
 * Sends so many requests at once to an embedded Lambda that has no environment yet.
 *
 * @throws Error when not each of them had a cold start of its own
 */
export async function coldEnvironments(count: number): Promise<Cold> {
  await using lambda = new RunningProgram(["local-lambda/main.ts", "--port", "0", "--quiet"]);
  const [url = ""] = await lambda.printed(/http:\S+/);
  const pool = new Pool(url, { connections: count, pipelining: 1, headersTimeout: 0 });
  const startedAt = Date.now();
  const answers = await Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await pool.request({ path: "/", method: "POST", body: BODY });
      return (await body.json()) as Answer;
    }),
  );
  const entries = answers.map(({ invocation }) => invocation?.enteredEpochMs ?? Number.NaN);
  const pids = answers.map(({ environment }) => environment?.pid ?? 0);
  if (new Set(pids).size !== count) throw new Error(`${new Set(pids).size} of ${count} were cold`);
  const memoryMb = memoryOf(pids);
  await pool.close();
  return { ms: Math.max(...entries) - startedAt, memoryMb };
}

/** Starts so many processes at once, each as the embedded Lambda starts its own. */
export async function bareProcesses(count: number): Promise<Cold> {
  const folder = mkdtempSync(join(tmpdir(), "bench-of-lambda-concurrency-"));
  const groups = new ProcessGroups(folder);
  const startedAt = performance.now();
  const children = Array.from({ length: count }, () =>
    groups.start(process.execPath, [BARE], { PATH: process.env.PATH ?? "" }, folder),
  );
  await Promise.all(children.map(({ stdout }) => stdout && once(stdout, "data")));
  const ms = performance.now() - startedAt;
  const memoryMb = memoryOf(children.map(({ pid = 0 }) => pid));
  const exits = children.map((child) => once(child, "exit"));
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(exits);
  await groups.close();
  return { ms, memoryMb };
}

function memoryOf(pids: readonly number[]): number {
  return process.platform === "linux" ? privateMemoryMb(pids) : Number.NaN;
}
