import { expect, test } from "vitest";
import {
  askAll,
  CLIENTS,
  codeOf,
  distinct,
  placesTaken,
  post,
  send,
  startLambda,
} from "../../test/embedded-lambda.ts";
import { waitUntil } from "../../test/wait-until.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import { seededRandom } from "./random.ts";

const start = (changes: Partial<FunctionConfiguration> = {}) =>
  startLambda({ model: "managed-instances", ...changes });

/** How many of three environments three lots meet. */
function metByLot(seed: number): number {
  const random = seededRandom(seed);
  return distinct([0, 1, 2].map(() => Math.floor(random() * 3)));
}

test("as many requests as environments share some, more or fewer by the seed alone", async () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
  const met: number[] = [];
  for (const seed of seeds) {
    const lambda = await start({ seed });
    const answers = await askAll(lambda, ["Ana", "Bo", "Cy"], 100);
    expect(answers.map(({ client }) => client)).toEqual(["Ana", "Bo", "Cy"]);
    met.push(distinct(answers.map(({ environment }) => environment?.pid)));
    await lambda.close();
  }
  expect(met).toEqual(seeds.map(metByLot));
  expect(Math.min(...met)).toBeLessThan(3);
  expect(distinct(met)).toBeGreaterThan(1);
});

test.each([1, 2, 3])("with room for one in each, all have one, with seed %i", async (seed) => {
  const lambda = await start({ environments: 5, maxConcurrency: 1, seed });
  const answers = await askAll(lambda, CLIENTS, 1_000);
  expect(distinct(answers.map(({ environment }) => environment?.pid))).toBe(5);
});

test.each([1, 2, 3])("exactly what is beyond the room is throttled, with seed %i", async (seed) => {
  const lambda = await start({ environments: 2, maxConcurrency: 3, seed });
  const responses = await Promise.all(
    [..."12345678"].map((client) => post(lambda, { client, holdMs: 1_000 })),
  );
  expect(responses.map(({ status }) => status).sort()).toEqual([
    200, 200, 200, 200, 200, 200, 429, 429,
  ]);
});

test("a burst of requests is answered once each, whoever takes them", async () => {
  const lambda = await start({ environments: 3, maxConcurrency: 40, workers: 2 });
  const clients = Array.from({ length: 100 }, (_, index) => `client ${index}`);
  const answers = await askAll(lambda, clients, 20);
  expect(answers.map(({ client }) => client)).toEqual(clients);
  // Each was counted once where it ran: the highest counts are all requests.
  const counts = new Map<string | undefined, number>();
  for (const { environment, globalData } of answers) {
    const before = counts.get(environment?.instance) ?? 0;
    counts.set(environment?.instance, Math.max(before, globalData.counter));
  }
  let total = 0;
  for (const count of counts.values()) total += count;
  expect(total).toBe(100);
});

test("who was drawn to an environment that only computes is served by another", async () => {
  const source = `
    export const handler = async ({ body }) => {
      console.log("inside");
      if (body === "loop") for (;;);
      return body;
    };`;
  const lambda = await start({ environments: 2, code: codeOf(source) });
  const looping = send(lambda, "loop");
  await waitUntil("the loop", () => {
    return lambda.pool.environments.some((id) => lambda.pool.logOf(id).join().includes("inside"));
  });
  // The looping thread had asked for one more, which it will never come to serve.
  const others = CLIENTS.map(async (client) => (await send(lambda, client)).text());
  await waitUntil("all answers but one", async () => {
    const waiting = Symbol();
    const now = await Promise.all(others.map((one) => Promise.race([one, waiting])));
    return now.filter((one) => one !== waiting).length >= CLIENTS.length - 1;
  });
  await lambda.close();
  const answers = (await Promise.all(others)).filter((text) => CLIENTS.includes(text));
  expect(answers.length).toBeGreaterThanOrEqual(CLIENTS.length - 1);
  expect((await looping).status).toBe(502);
});

test("who waits for an environment that ends goes to another", async () => {
  const source = `
    export const handler = async ({ body }) => {
      console.log("inside");
      if (body !== "block") return body;
      // Its next poll waits meanwhile, and takes one more with it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
      process.kill(process.pid, "SIGKILL");
    };`;
  const lambda = await start({ environments: 2, code: codeOf(source) });
  const doomed = send(lambda, "block");
  await waitUntil("the block", () => {
    return lambda.pool.environments.some((id) => lambda.pool.logOf(id).join().includes("inside"));
  });
  const responses = await Promise.all(CLIENTS.map((client) => send(lambda, client)));
  expect((await doomed).status).toBe(502);
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 502).length).toBeLessThanOrEqual(1);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
});

test("the same seed takes the same environments", async () => {
  const order = async () => {
    const lambda = await start({ seed: 7 });
    return placesTaken(lambda, 3);
  };
  expect(await order()).toEqual(await order());
});
