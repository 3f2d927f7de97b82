import { expect, test } from "vitest";
import { seededRandom } from "../../basics/seeded-random.ts";
import {
  ask,
  askAll,
  CLIENTS,
  codeOf,
  distinct,
  gatedCode,
  isLogged,
  overload,
  pidOf,
  pollingIn,
  post,
  send,
  startLambda,
} from "../../test/embedded-lambda.ts";
import { waitUntil } from "../../test/wait-until.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import type { LocalLambda } from "../local-lambda.ts";

const start = (changes: Partial<FunctionConfiguration> = {}) =>
  startLambda({ model: "managed-instances", environments: 3, ...changes });

/** Waits until so many environments exist and poll, none of which is one of the old. */
const untilReplaced = (lambda: LocalLambda, count: number, old: readonly string[]) =>
  waitUntil("new environments", () => {
    const { ids } = lambda.pool;
    const isOld = ids.some((id) => old.includes(id));
    return ids.length === count && pollingIn(lambda) === count && !isOld;
  });

test("three environments poll before the URL is known, and no request meets a cold start", async () => {
  const lambda = await start();
  expect(lambda.pool.ids).toHaveLength(3);
  expect(pollingIn(lambda)).toBe(3);
  const { environment } = await ask(lambda, "Ana");
  expect(environment).toMatchObject({
    initializationType: "lambda-managed-instances",
    coldStart: false,
    memoryMb: 2_048,
  });
  const [first = ""] = lambda.pool.logOf(environment?.id ?? "");
  expect(JSON.parse(first)).toMatchObject({
    type: "platform.initStart",
    record: { initializationType: "lambda-managed-instances" },
  });
});

test("worker threads take turns in one process, with globals of their own", async () => {
  const lambda = await start({ environments: 1, workers: 5 });
  const answers = await askAll(lambda, CLIENTS, 300);
  expect(distinct(answers.map(({ environment }) => environment?.pid))).toBe(1);
  expect(distinct(answers.map(({ environment }) => environment?.threadId))).toBe(5);
  expect(distinct(answers.map(({ environment }) => environment?.instance))).toBe(5);
  for (const { client, globalData } of answers) {
    expect(globalData).toEqual({ counter: 1, client, clients: [client] });
  }
});

test.each([1, 2, 3])(
  "environments for one request each all have one, with seed %i",
  async (seed) => {
    const { code, open } = gatedCode("managed-instances");
    const lambda = await start({ environments: 5, maxConcurrency: 1, seed, code });
    const answers = await overload(lambda, { count: 6, throttled: 1, open });
    expect(distinct(answers.map(({ pid }) => pid))).toBe(5);
  },
);

test.each([1, 2, 3])(
  "what finds no room is throttled and touches nothing, with seed %i",
  async (seed) => {
    const { code, open } = gatedCode("managed-instances");
    const lambda = await start({ environments: 2, maxConcurrency: 3, seed, code });
    const before = lambda.pool.ids;
    const answers = await overload(lambda, { count: 8, throttled: 2, open });
    const byProcess = Map.groupBy(answers, ({ pid }) => pid);
    const entered = [...byProcess.values()].map((some) => some.map((one) => one.entered).sort());
    expect(entered).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(lambda.pool.ids).toEqual(before);
  },
);

test("while all threads compute, nobody polls and requests are throttled", async () => {
  const loop = "export const handler = async () => { console.log('looping'); for (;;); };";
  const lambda = await start({ environments: 1, code: codeOf(loop) });
  const looping = send(lambda, "");
  await waitUntil("the loop", () => isLogged(lambda, "looping"));
  // The thread had asked for one more before it began, which it will never come to serve.
  const others = [send(lambda, ""), send(lambda, "")];
  expect((await Promise.race(others)).status).toBe(429);
  await lambda.close();
  for (const response of await Promise.all([looping, ...others])) expect(response.ok).toBe(false);
});

test("the caller hears of a timeout, and the code runs on: its context says that its time is over", async () => {
  const slow = `
    let late = 0;
    export const handler = async ({ body }, context) => {
      if (body === "late?") return late;
      while (late === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (context.getRemainingTimeInMillis() < 0) late = process.pid;
      }
    };`;
  const lambda = await start({ environments: 1, timeoutMs: 1_000, code: codeOf(slow) });
  const before = lambda.pool.ids;
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  expect(await response.text()).toMatch(/Task timed out after 1\.00 seconds/);
  await waitUntil(
    "the code to go on",
    async () => (await (await send(lambda, "late?")).text()) !== "0",
  );
  expect(lambda.pool.ids).toEqual(before);
});

test("a process that dies fails all that was inside, and its environment is replaced", async () => {
  const lambda = await start({ environments: 1 });
  const pid = pidOf(await ask(lambda, "Ana"));
  const before = lambda.pool.ids;
  const doomed = ["Bo", "Cy"].map((client) => {
    return post(lambda, { client, holdMs: 60_000, steps: 100 });
  });
  const isInside = (client: string) => isLogged(lambda, `"client":"${client}"`);
  await waitUntil("both to be inside", () => isInside("Bo") && isInside("Cy"));
  process.kill(pid, "SIGKILL");
  for (const response of await Promise.all(doomed)) expect(response.status).toBe(502);
  await untilReplaced(lambda, 1, before);
  expect((await ask(lambda, "Dan")).globalData.counter).toBe(1);
});

test("an environment that ends without a request is replaced as well", async () => {
  const lambda = await start({ environments: 2, maxConcurrency: 1 });
  const { environment } = await ask(lambda, "Ana");
  const others = lambda.pool.ids.filter((id) => id !== environment?.id);
  process.kill(pidOf({ environment }), "SIGKILL");
  await untilReplaced(lambda, 2, [environment?.id ?? ""]);
  expect(lambda.pool.ids).toEqual(expect.arrayContaining(others));
});

test("a worker thread that ends fails its own requests, and the others go on", async () => {
  const crash = `
    import { threadId } from "node:worker_threads";
    export const handler = async ({ body }) => {
      if (body === "end") process.exit(1);
      if (body === "wait") await new Promise((resolve) => setTimeout(resolve, 1_000));
      return process.pid + "/" + threadId;
    };`;
  const lambda = await start({ environments: 1, workers: 2, code: codeOf(crash) });
  const before = lambda.pool.ids;
  const [waiting, ended] = await Promise.all([send(lambda, "wait"), send(lambda, "end")]);
  expect([waiting?.status, ended?.status]).toEqual([200, 502]);
  const survivor = await waiting?.text();
  for (const _ of CLIENTS) expect(await (await send(lambda, "")).text()).toBe(survivor);
  expect(lambda.pool.ids).toEqual(before);
});

test.each([
  [11, 1],
  [1, 2],
  [3, 3],
])("three requests with the seed %i meet %i of three environments", async (seed, met) => {
  const random = seededRandom(seed);
  expect(distinct([0, 1, 2].map(() => Math.floor(random() * 3)))).toBe(met);
  const lambda = await start({ seed });
  const answers = await askAll(lambda, ["Ana", "Bo", "Cy"], 100);
  expect(answers.map(({ client }) => client)).toEqual(["Ana", "Bo", "Cy"]);
  expect(distinct(answers.map(({ environment }) => environment?.pid))).toBe(met);
});

test("each request of a burst is answered once, whichever environment takes it", async () => {
  const lambda = await start({ environments: 3, maxConcurrency: 40, workers: 2 });
  const clients = Array.from({ length: 100 }, (_, index) => `client ${index}`);
  const answers = await askAll(lambda, clients, 20);
  expect(answers.map(({ client }) => client)).toEqual(clients);
  // Each was counted once where it ran: the highest counts are all requests.
  const byInstance = Map.groupBy(answers, ({ environment }) => environment?.instance);
  const counted = [...byInstance.values()].map((served) =>
    Math.max(...served.map(({ globalData }) => globalData.counter)),
  );
  expect(counted.reduce((sum, count) => sum + count)).toBe(100);
});

test("a request that was drawn to an environment that only computes is served by another", async () => {
  const source = `
    export const handler = async ({ body }) => {
      console.log("inside");
      if (body === "loop") for (;;);
      return body;
    };`;
  const lambda = await start({ environments: 2, code: codeOf(source) });
  const looping = send(lambda, "loop");
  await waitUntil("the loop", () => isLogged(lambda, "inside"));
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

test("a request that waits for an environment that ends goes to another", async () => {
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
  await waitUntil("the block", () => isLogged(lambda, "inside"));
  const responses = await Promise.all(CLIENTS.map((client) => send(lambda, client)));
  expect((await doomed).status).toBe(502);
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 502).length).toBeLessThanOrEqual(1);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
});
