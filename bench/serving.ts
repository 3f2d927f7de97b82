/** What the embedded Lambda costs as it is used: the reference experiment, a warm burst, each warm request. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { openLocalTarget } from "../experiment/targets/local-target.ts";
import type { Answer } from "../handler/contract.ts";
import { fireRecorded, latenciesOf } from "./burst.ts";
import { measureSideBySide, median, type Report, type Sample } from "./side-by-side.ts";

/** Two runs of five seconds. */
const REFERENCE_MS = 10_000;
const REFERENCE_LIMIT_MS = 1_200;
const BURST = 100;
const HOLD_MS = 1_000;
const ENVIRONMENTS = 50;
/** How often each environment is asked in one turn. */
const REQUESTS_EACH = 20;
const BARE_RUNTIME_API = fileURLToPath(new URL("bare-runtime-api.ts", import.meta.url));

/** Measures all of it. */
export async function benchServing(report: Report): Promise<void> {
  await benchReference(report);
  await benchWarmBurst(report);
  await benchRequests(report);
}

/** What a person waits for in the reference experiment, beside the two runs of five seconds. */
async function benchReference(report: Report): Promise<void> {
  const wait = async () => ({ ms: (await fireRecorded([])).wholeMs - REFERENCE_MS });
  const limit = `${REFERENCE_LIMIT_MS.toLocaleString("en")} ms`;
  await measureSideBySide(
    report,
    { ours: wait, [limit]: async () => ({ ms: REFERENCE_LIMIT_MS }) },
    [{ benchmark: "reference experiment", value: "ms", unit: "ms", against: { [limit]: 1 } }],
    3,
  );
}

/** A burst at environments that have served one before. */
async function benchWarmBurst(report: Report): Promise<void> {
  const plan = ["--clients", "x", "--concurrency", `${BURST}`, "--hold", "1s", "--runs", "3"];
  const fire = async () => {
    const { lines } = await fireRecorded(plan);
    const [cold] = lines.filter((line) => line.type === "run");
    const warm = lines.filter((line) => line.type !== "observation" || line.run !== cold?.run);
    return { ms: median(latenciesOf(warm)) };
  };
  const hold = `its hold of ${HOLD_MS.toLocaleString("en")} ms`;
  await measureSideBySide(
    report,
    { ours: fire, [hold]: async () => ({ ms: HOLD_MS }) },
    [
      {
        benchmark: `median answer of ${BURST}, warm`,
        value: "ms",
        unit: "ms",
        against: { [hold]: 1.08 },
      },
    ],
    3,
  );
}

/** One request after the other at each of many environments, with all that a Function URL does, and without. */
async function benchRequests(report: Report): Promise<void> {
  const lambda = await openLocalTarget();
  const child = fork(BARE_RUNTIME_API, [String(ENVIRONMENTS)]);
  const bareAddress = addressOf(child);
  const ours = new Pool(lambda.url.origin, { connections: ENVIRONMENTS });
  try {
    // So long that none of them is free again while the last ones start.
    const pids = await Promise.all(Array.from({ length: ENVIRONMENTS }, () => post(ours, 5_000)));
    if (new Set(pids).size !== ENVIRONMENTS) throw new Error("Not every request was a cold start.");
    const theirs = new Pool(`http://${await bareAddress}`, { connections: ENVIRONMENTS });
    const bare = "a bare Runtime API";
    await measureSideBySide(
      report,
      { ours: () => askAll(ours), [bare]: () => askAll(theirs) },
      [
        {
          benchmark: `request to one of ${ENVIRONMENTS}, warm`,
          value: "ms",
          unit: "ms",
          against: { [bare]: 1.5 },
        },
      ],
      9,
    );
    await theirs.close();
  } finally {
    child.kill();
    await ours.close();
    await lambda.close();
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  const [{ url }] = await once(child, "message");
  return url;
}

/** @returns the milliseconds that one request takes, while as many are under way as there are environments */
async function askAll(pool: Pool): Promise<Sample> {
  const startedAt = performance.now();
  const askOften = async () => {
    for (let asked = 0; asked < REQUESTS_EACH; asked++) await post(pool, 0);
  };
  await Promise.all(Array.from({ length: ENVIRONMENTS }, askOften));
  return { ms: (performance.now() - startedAt) / (ENVIRONMENTS * REQUESTS_EACH) };
}

/** @returns the process that answered, where the answer says it */
async function post(pool: Pool, holdMs: number): Promise<number | undefined> {
  const { body } = await pool.request({
    path: "/",
    method: "POST",
    body: JSON.stringify({ client: "x", holdMs, steps: 1 }),
  });
  return ((await body.json()) as Partial<Answer>).environment?.pid;
}
