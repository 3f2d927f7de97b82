import { expect, test } from "vitest";
import {
  ask,
  codeOf,
  distinct,
  gatedCode,
  isLogged,
  MEETING,
  meet,
  overload,
  pidOf,
  post,
  send,
  startLambda,
  untilPolling,
} from "../../test/embedded-lambda.ts";
import { untilEnded } from "../../test/processes.ts";
import { waitUntil } from "../../test/wait-until.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";

const start = (changes: Partial<FunctionConfiguration> = {}) =>
  startLambda({ model: "web-function", ...changes });

test("nothing runs before the first request, which is a cold start", async () => {
  const lambda = await start();
  expect(lambda.pool.registry.ids).toEqual([]);
  const first = await ask(lambda, "Ana");
  expect(first.environment).toMatchObject({
    id: lambda.pool.registry.ids[0],
    initializationType: "native-http",
    coldStart: true,
    memoryMb: 2_048,
  });
  const second = await ask(lambda, "Bo");
  expect(second.environment).toMatchObject({ coldStart: false, pid: first.environment?.pid });
  expect(second.globalData.clients).toEqual(["Ana", "Bo"]);
});

test("requests at once are inside one process together, and share its globals", async () => {
  const lambda = await start({ code: codeOf(MEETING) });
  const answers = await meet(lambda, 5);
  expect(distinct(answers.map(({ pid }) => pid))).toBe(1);
  for (const { counter } of answers) expect(counter).toBe(5);
  expect(lambda.pool.registry.ids).toHaveLength(1);
});

test("beyond the limit requests wait, and beyond as many again they are throttled", async () => {
  const { code, open } = gatedCode();
  const lambda = await start({ maxConcurrency: 2, code });
  const answers = await overload(lambda, { count: 6, throttled: 2, open });
  expect(answers.map(({ entered }) => entered).sort()).toEqual([1, 2, 3, 4]);
  expect(distinct(answers.map(({ pid }) => pid))).toBe(1);
  expect(lambda.pool.registry.ids).toHaveLength(1);
});

test("a process that dies fails what is inside with 502; what waits is served by the next", async () => {
  const lambda = await start({ maxConcurrency: 1 });
  const first = await ask(lambda, "Ana");
  const doomed = post(lambda, { client: "Bo", holdMs: 60_000 });
  await untilPolling(lambda, 0);
  const waiting = ask(lambda, "Cy");
  process.kill(pidOf(first), "SIGKILL");
  expect((await doomed).status).toBe(502);
  const after = await waiting;
  expect(after.environment?.id).not.toBe(first.environment?.id);
  expect(after.globalData.counter).toBe(1);
});

test("a process that exits while it serves is followed by another", async () => {
  const source = "export const handler = async ({ body }) => body === 'end' ? process.exit(1) : 1;";
  const lambda = await start({ code: codeOf(source) });
  expect((await send(lambda, "")).status).toBe(200);
  const before = lambda.pool.registry.ids;
  expect((await send(lambda, "end")).status).toBe(502);
  expect((await send(lambda, "")).status).toBe(200);
  expect(lambda.pool.registry.ids).not.toEqual(before);
});

test("a function without requests scales to zero", async () => {
  const lambda = await start({ idleTimeoutMs: 1_000 });
  const pid = pidOf(await ask(lambda, "Ana"));
  await waitUntil("the environment to expire", () => lambda.pool.registry.ids.length === 0);
  await untilEnded([pid]);
  expect((await ask(lambda, "Bo")).environment?.coldStart).toBe(true);
});

test("recycling starts a new process, and lets what is being served finish", async () => {
  const lambda = await start({ maxConcurrency: 1 });
  const pid = pidOf(await ask(lambda, "Ana"));
  const busy = ask(lambda, "Bo", 1_000);
  await untilPolling(lambda, 0);
  await lambda.pool.recycle();
  expect((await ask(lambda, "Cy")).globalData.counter).toBe(1);
  expect((await busy).globalData.counter).toBe(2);
  await untilEnded([pid]);
  const [id] = lambda.pool.registry.ids;
  await lambda.pool.recycle();
  expect(lambda.pool.registry.ids).toEqual([]);
  expect(lambda.pool.registry.logOf(id ?? "").join("\n")).toContain('"client":"Cy"');
});

test("a request that takes too long fails alone, and later ones meet a new server", async () => {
  const lambda = await start({ timeoutMs: 4_000 });
  const pid = pidOf(await ask(lambda, "Ana"));
  const slow = post(lambda, { client: "Bo", holdMs: 30_000 });
  // So Dan enters well before Bo's time is over, and leaves well after it, within a time of his own.
  await ask(lambda, "Cy", 2_000);
  const inside = ask(lambda, "Dan", 3_000);
  expect((await slow).status).toBe(502);
  const after = await ask(lambda, "Eve");
  expect(pidOf(after)).not.toBe(pid);
  expect(after.globalData.clients).toEqual(["Eve"]);
  expect(pidOf(await inside)).toBe(pid);
  await untilEnded([pid]);
  expect(lambda.pool.registry.ids).toEqual([after.environment?.id]);
});

test("a handler that throws is answered with 500, and the server goes on", async () => {
  const source = `
    export const handler = async ({ body }) => {
      if (body === "throw") throw new Error("no");
      return process.pid;
    };`;
  const lambda = await start({ code: codeOf(source) });
  const pid = await (await send(lambda, "")).text();
  expect((await send(lambda, "throw")).status).toBe(500);
  expect(await (await send(lambda, "")).text()).toBe(pid);
});

test.each([
  ["is not exported", "export const other = 1;", "Runtime.HandlerNotFound"],
  ["fails to load", "throw new Error('broken');", "broken"],
])("a handler that %s fails requests, and the log says why", async (_, source, reason) => {
  const lambda = await start({ code: codeOf(source) });
  expect((await send(lambda, "")).status).toBe(502);
  await waitUntil("the reason in the log", () => isLogged(lambda, reason));
  await waitUntil("the environment to go", () => lambda.pool.registry.ids.length === 0);
});

test("the server gets the request as it came, and its answer goes back as it is", async () => {
  const source = `
    exports.handler = async (event, context) => ({
      statusCode: 201,
      headers: { "x-seen": event.headers["x-sent"] },
      cookies: ["a=1", "b=2"],
      body: JSON.stringify({ event, requestId: context.awsRequestId, env: process.env }),
    });`;
  const lambda = await start({ code: codeOf(source, "index.js") });
  const response = await fetch(new URL("/a%20b?x=1&x=2", lambda.url), {
    method: "PUT",
    headers: { "x-sent": "hello", cookie: "c=3", "content-type": "application/octet-stream" },
    body: Buffer.from([0, 255]),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-seen")).toBe("hello");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  const { event, requestId, env } = (await response.json()) as Record<string, never>;
  expect(event).toMatchObject({
    version: "2.0",
    rawPath: "/a b",
    rawQueryString: "x=1&x=2",
    cookies: ["c=3"],
    requestContext: { requestId, http: { method: "PUT", sourceIp: "127.0.0.1" } },
    body: "AP8=",
    isBase64Encoded: true,
  });
  for (const name of ["x-amzn-requestid", "lambda-web-request-id"]) {
    expect(response.headers.get(name)).toBe(requestId);
  }
  expect(response.headers.get("lambda-web-logstream")).toBe(lambda.pool.registry.ids[0]);
  expect(env).toMatchObject({
    AWS_LAMBDA_HTTP_ENDPOINT: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
    AWS_LAMBDA_INITIALIZATION_TYPE: "native-http",
  });
  for (const name of ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"]) {
    expect(env).not.toHaveProperty(name);
  }
});
