import { afterEach, expect, test, vi } from "vitest";
import { MODELS, type Model } from "../basics/models.ts";
import {
  ask,
  askAll,
  CLIENTS,
  codeOf,
  MEETING,
  pidOf,
  pollingIn,
  post,
  send,
  startLambda as start,
  untilPolling,
} from "../test/embedded-lambda.ts";
import { untilEnded } from "../test/processes.ts";
import { waitUntil } from "../test/wait-until.ts";
import type { FunctionConfiguration } from "./function-configuration.ts";
import type { UrlRequest } from "./invocation.ts";

afterEach(() => vi.unstubAllEnvs());

const REQUEST: UrlRequest = {
  requestId: "id-1",
  method: "GET",
  target: "/",
  protocol: "HTTP/1.1",
  headers: {},
  sourceIp: "127.0.0.1",
  port: 9000,
  body: Buffer.alloc(0),
  receivedAt: new Date(),
};

test("several that are started in one process at the same time all serve", async () => {
  const changes = Array.from({ length: 5 }, (_, place) => ({ memoryMb: 128 + place }));
  const lambdas = await Promise.all(changes.map((change) => start(change)));
  const answers = await Promise.all(lambdas.map((lambda) => ask(lambda, "Ana")));
  expect(answers.map(({ environment }) => environment?.memoryMb)).toEqual([
    128, 129, 130, 131, 132,
  ]);
});

test("the first request is a cold start, and the next is served warm by the same process", async () => {
  const lambda = await start();
  const first = await ask(lambda, "Ana");
  await untilPolling(lambda, 1);
  const second = await ask(lambda, "Dean");
  expect(first.environment).toMatchObject({
    coldStart: true,
    initializationType: "on-demand",
    runtime: "AWS_Lambda_nodejs24.x",
    memoryMb: 128,
    region: "local",
  });
  expect(first.environment?.id).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  expect(second.globalData).toEqual({ counter: 2, client: "Dean", clients: ["Ana", "Dean"] });
  expect(second.environment?.pid).toBe(first.environment?.pid);
});

test("the multi-concurrency variable lets the same pool show overlaps: the runtime decides", async () => {
  const environmentVariables = {
    AWS_LAMBDA_MAX_CONCURRENCY: "10",
    AWS_LAMBDA_NODEJS_WORKER_COUNT: "1",
  };
  const lambda = await start({ environmentVariables, code: codeOf(MEETING) });
  const first = send(lambda, "2");
  // The first one is inside and the runtime polls again: it takes another one beside it.
  await untilPolling(lambda, 1);
  const second = await (await send(lambda, "2")).json();
  expect(second).toMatchObject({ counter: 2 });
  expect(await (await first).json()).toEqual(second);
});

test("above the concurrency limit requests are throttled and touch nothing", async () => {
  const lambda = await start({ concurrencyLimit: 1 });
  const [one, other] = await Promise.all([
    post(lambda, { client: "Ana", holdMs: 300 }),
    post(lambda, { client: "Bo", holdMs: 300 }),
  ]);
  expect([one?.status, other?.status].sort()).toEqual([200, 429]);
  const throttled = one?.status === 429 ? one : other;
  expect(await throttled?.json()).toMatchObject({ message: "Rate Exceeded." });
  expect(throttled?.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  expect(lambda.pool.ids).toHaveLength(1);
});

test("a process that dies fails its request with 502 and restarts in the same environment", async () => {
  const lambda = await start();
  const first = await ask(lambda, "Ana");
  await untilPolling(lambda, 1);
  const doomed = post(lambda, { client: "Bo", holdMs: 60_000 });
  await waitUntil("the request to be inside", () => pollingIn(lambda) === 0);
  process.kill(pidOf(first), "SIGKILL");
  expect((await doomed).status).toBe(502);
  await untilPolling(lambda, 1);
  const { environment, globalData } = await ask(lambda, "Cy");
  expect(environment?.id).toBe(first.environment?.id);
  expect(environment?.instance).not.toBe(first.environment?.instance);
  expect(environment?.coldStart).toBe(true);
  expect(globalData.counter).toBe(1);
  const log = lambda.pool.logOf(environment?.id ?? "");
  expect(log.join("\n")).toMatch(/"restarted":true/);
});

test("an environment whose process ends without being asked for anything ends with it", async () => {
  const lambda = await start();
  const { environment } = await ask(lambda, "Ana");
  await untilPolling(lambda, 1);
  process.kill(pidOf({ environment }), "SIGKILL");
  await waitUntil("the environment to end", () => lambda.pool.ids.length === 0);
  expect((await ask(lambda, "Bo")).environment?.id).not.toBe(environment?.id);
});

test.each(["on-demand", "web-function"] as const)(
  "with %s an environment without requests is ended, and the next request is a cold start",
  async (model) => {
    const lambda = await start({ model, idleTimeoutMs: 1_000 });
    const pid = pidOf(await ask(lambda, "Ana"));
    await waitUntil("the environment to expire", () => lambda.pool.ids.length === 0);
    await untilEnded([pid]);
    expect((await ask(lambda, "Bo")).environment?.coldStart).toBe(true);
  },
);

/** One request fills an environment, so that the next one needs another. */
const FULL_BY_ONE: Record<Model, Partial<FunctionConfiguration>> = {
  "on-demand": {},
  "managed-instances": { environments: 1, maxConcurrency: 1 },
  "web-function": { maxConcurrency: 1 },
};

test.each(MODELS)(
  "recycling with %s makes all environments new, and lets what is being served finish",
  async (model) => {
    const lambda = await start({ model, ...FULL_BY_ONE[model] });
    const pid = pidOf(await ask(lambda, "Ana"));
    await untilPolling(lambda, 1);
    const before = lambda.pool.ids;
    const busy = ask(lambda, "Bo", 1_000);
    await untilPolling(lambda, 0);
    await lambda.pool.recycle();
    const { globalData, environment } = await ask(lambda, "Cy");
    expect(globalData).toMatchObject({ counter: 1, clients: ["Cy"] });
    expect((await busy).globalData.clients).toEqual(["Ana", "Bo"]);
    await untilEnded([pid]);
    expect(lambda.pool.ids.filter((id) => before.includes(id))).toEqual([]);
    await untilPolling(lambda, 1);
    await lambda.pool.recycle();
    // Where none is started beforehand none is left, and what one has logged is known all the same.
    expect(lambda.pool.ids).toHaveLength(model === "managed-instances" ? 1 : 0);
    const log = before.map((id) => lambda.pool.logOf(id).join());
    expect(log).toEqual([expect.stringContaining('"client":"Bo"')]);
    expect(environment?.pid).not.toBe(pid);
  },
);

test("an environment that is being ended takes no request more, however late it ends", async () => {
  const source = `process.on("SIGTERM", () => {});
    export const handler = async (_, { logStreamName }) => logStreamName;`;
  const { pool } = await start({ code: codeOf(source) });
  const first = await pool.invoke(REQUEST);
  // It waits for the runtime that has just answered, which is ended before it polls again.
  const second = pool.invoke(REQUEST);
  await pool.recycle();
  expect(first.kind).toBe("response");
  expect((await second).kind).toBe("response");
  expect(await second).not.toEqual(first);
});

test("an error that states no text as its message fails its own request alone", async () => {
  const source = `export const handler = async ({ rawPath }, { awsRequestId }) => {
    if (rawPath !== "/odd") return "fine";
    const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/";
    const body = JSON.stringify({ errorType: ["odd"], errorMessage: { toString: 1 } });
    await fetch(api + awsRequestId + "/error", { method: "POST", body });
  };`;
  const { url } = await start({ code: codeOf(source) });
  const odd = await fetch(new URL("/odd", url));
  expect(odd.status).toBe(502);
  expect(await odd.text()).toContain("Unknown");
  expect(await (await fetch(url)).text()).toBe("fine");
});

test("the same seed takes the same environments", async () => {
  const order = async () => {
    const lambda = await start({ seed: 7 });
    await askAll(lambda, ["Ana", "Bo", "Cy"], 200);
    const taken: number[] = [];
    for (const client of CLIENTS) {
      await untilPolling(lambda, 3);
      const { environment } = await ask(lambda, client);
      taken.push(lambda.pool.ids.indexOf(environment?.id ?? ""));
    }
    expect(taken).not.toContain(-1);
    return taken;
  };
  expect(await order()).toEqual(await order());
});
