/** What the embedded Lambda costs as it is used: the reference experiment, a warm burst, each warm request. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { fireRecorded, latenciesOf } from "./burst.ts";
import { post, withEnvironments } from "./environments.ts";
import { measureSideBySide, median, type Sample } from "./side-by-side.ts";

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
export async function benchServing(): Promise<void> {
  const limit = `${REFERENCE_LIMIT_MS.toLocaleString("en")} ms`;
  await measureSideBySide(
    { ours: fireReference, [limit]: REFERENCE_LIMIT_MS },
    { "reference experiment": { [limit]: 1 } },
    { rounds: 2 },
  );
  const hold = `its hold of ${HOLD_MS.toLocaleString("en")} ms`;
  await measureSideBySide(
    { ours: fireWarmBursts, [hold]: HOLD_MS },
    { "median answer": { [hold]: 1.08 } },
    { what: `of ${BURST}, warm`, rounds: 2 },
  );
  await benchRequests();
}

/** What a person waits for in the reference experiment, beside its two runs. */
async function fireReference(): Promise<Sample> {
  return { "reference experiment": (await fireRecorded([])).ms - REFERENCE_MS };
}

/** Bursts at environments that have served one before. */
async function fireWarmBursts(): Promise<Sample> {
  const plan = ["--clients", "x", "--concurrency", `${BURST}`, "--hold", "1s", "--runs", "3"];
  const { lines } = await fireRecorded(plan);
  const [cold] = lines.filter((line) => line.type === "run");
  const warm = lines.filter((line) => line.type !== "observation" || line.run !== cold?.run);
  return { "median answer": median(latenciesOf(warm)) };
}

/** One request after the other at each of many environments, with all that a Function URL does, and without. */
async function benchRequests(): Promise<void> {
  const child = fork(BARE_RUNTIME_API, [`${ENVIRONMENTS}`]);
  try {
    const [{ url }] = await once(child, "message");
    const theirs = new Pool(url, { connections: ENVIRONMENTS });
    const bare = "a bare Runtime API";
    await withEnvironments(ENVIRONMENTS, (pool) =>
      measureSideBySide(
        { ours: () => askAll(pool), [bare]: () => askAll(theirs) },
        { "request to one": { [bare]: 1.5 } },
        { what: `of ${ENVIRONMENTS}, warm`, rounds: 9 },
      ),
    );
    await theirs.close();
  } finally {
    child.kill();
  }
}

/** @returns the milliseconds that one request takes, while as many are under way as there are environments */
async function askAll(pool: Pool): Promise<Sample> {
  const startedAt = performance.now();
  const askOften = async () => {
    for (let asked = 0; asked < REQUESTS_EACH; asked++) await post(pool, 0);
  };
  await Promise.all(Array.from({ length: ENVIRONMENTS }, askOften));
  return { "request to one": (performance.now() - startedAt) / (ENVIRONMENTS * REQUESTS_EACH) };
}
