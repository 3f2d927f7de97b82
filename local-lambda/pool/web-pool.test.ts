import { expect, test } from "vitest";
import {
  answering,
  ask,
  distinct,
  gatedCode,
  isLogged,
  loggedBy,
  overload,
  pidOf,
  post,
  send,
  sendAsIs,
  serverOf,
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
  expect(lambda.pool.ids).toEqual([]);
  const first = await ask(lambda, "Ana");
  // Neither its log stream nor its memory is told to it.
  expect(first.environment).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{26}$/),
    initializationType: "native-http",
    coldStart: true,
  });
  expect(first.environment).not.toHaveProperty("memoryMb");
  const second = await ask(lambda, "Bo");
  expect(second.environment).toMatchObject({ coldStart: false, pid: first.environment?.pid });
  expect(second.globalData.clients).toEqual(["Ana", "Bo"]);
});

test("beyond the limit requests wait, and beyond as many again they are throttled", async () => {
  const { code, open } = gatedCode("web-function");
  const lambda = await start({ maxConcurrency: 2, code });
  const answers = await overload(lambda, { count: 6, throttled: 2, open });
  expect(answers.map(({ entered }) => entered).sort()).toEqual([1, 2, 3, 4]);
  expect(distinct(answers.map(({ pid }) => pid))).toBe(1);
  expect(lambda.pool.ids).toHaveLength(1);
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

test("a request that takes too long fails alone, and later ones meet a new server", async () => {
  const lambda = await start({ timeoutMs: 4_000 });
  const pid = pidOf(await ask(lambda, "Ana"));
  const slow = post(lambda, { client: "Bo", holdMs: 30_000 });
  // So Dan enters well before Bo's time is over, and leaves well after it, within a time of his own.
  await ask(lambda, "Cy", 2_000);
  const inside = ask(lambda, "Dan", 3_000);
  const late = await slow;
  expect(late.status).toBe(504);
  expect(late.headers.get("lambda-web-error-type")).toBe("Runtime.RequestTimeout");
  const after = await ask(lambda, "Eve");
  expect(pidOf(after)).not.toBe(pid);
  expect(after.globalData.clients).toEqual(["Eve"]);
  expect(pidOf(await inside)).toBe(pid);
  await untilEnded([pid]);
  expect(lambda.pool.ids).toHaveLength(1);
});

test.each([
  ["only exports a handler", "export const handler = async () => 1;", /Nothing listens on 0\.0/],
  ["throws at its start", "throw new Error('broken');", /Error: broken/],
  ["rejects at its start", "Promise.reject(new TypeError('refused'));", /TypeError: refused/],
  ["does not parse", "const = 1;", /SyntaxError: /],
  ["throws later, before it listens", "setTimeout(() => { throw 18999; });", /18999/],
])("code that %s fails requests, and the log says why", async (_, source, reason) => {
  const lambda = await start({ code: serverOf(source) });
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  expect(await response.text()).toMatch(reason);
  await waitUntil("the reason in the log", () =>
    loggedBy(lambda).some((line) => reason.test(line)),
  );
  await waitUntil("the environment to go", () => lambda.pool.ids.length === 0);
});

test.each([
  ["ends at its start", "process.exit(3);", 10_000, /exit status 3\)/],
  ["never listens", "setInterval(() => {}, 100);", 1_000, /not listen on port 3000 within 1 sec/],
])("code that %s fails the request that it is started for", async (_, source, limit, reason) => {
  const lambda = await start({ code: serverOf(source), initTimeoutMs: limit });
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  expect(await response.text()).toMatch(reason);
});

test("a server that listens on another port is given up early, with a 502 that says so", async () => {
  const source = `
    import { createServer } from "node:http";
    const server = createServer((_, response) => response.end());
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const lambda = await start({ code: serverOf(source) });
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  const port = loggedBy(lambda).find((line) => /^\d+$/.test(line));
  expect(await response.text()).toBe(
    `Internal Server Error (Sandbox.Failure: The server listens on port ${port}, and did not listen ` +
      "on 0.0.0.0:3000, as AWS_LAMBDA_HTTP_ENDPOINT says, within 2 seconds)",
  );
});

test.each([
  ["a number", "3000"],
  ["a text, and the host", "'3000', '0.0.0.0'"],
  ["options", "{ port: 3000, host: '::' }"],
  ["AWS's own variable", "...process.env.AWS_LAMBDA_HTTP_ENDPOINT.split(':').toReversed()"],
])("a server may be told its port by %s, and finds what it asked for", async (_, told) => {
  const source = `
    import { createServer } from "node:http";
    const seen = ({ socket }) => [server.address().port, socket.localPort, socket.remoteAddress];
    const server = createServer((request, response) => response.end(seen(request).join()));
    server.listen(${told}, () => console.log("listens"));`;
  const lambda = await start({ code: serverOf(source) });
  expect(await (await send(lambda, "")).text()).toBe("3000,3000,127.0.0.1");
  await waitUntil("the callback", () => isLogged(lambda, "listens"));
});

test("a server beside the one on AWS's port keeps a port of its own", async () => {
  const source = `
    import { createServer } from "node:http";
    const other = createServer((_, response) => response.end()).listen(0, "127.0.0.1", () =>
      createServer((_, response) => response.end(String(other.address().port))).listen(3000));`;
  const lambda = await start({ code: serverOf(source) });
  const port = await (await send(lambda, "")).text();
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
});

test("a server may be written in TypeScript", async () => {
  const source = `
    import { createServer, type RequestListener } from "node:http";
    const answer: RequestListener = (_, response) => response.end("typed");
    createServer(answer).listen(3000);`;
  const lambda = await start({ code: serverOf(source, "server.ts") });
  expect(await (await send(lambda, "")).text()).toBe("typed");
});

test("a process that a server starts is told AWS's address, and is none of the service's", async () => {
  const source = `
    import { fork } from "node:child_process";
    import { once } from "node:events";
    import { createServer } from "node:http";
    if (process.argv[2] === "child") process.send(process.env.AWS_LAMBDA_HTTP_ENDPOINT);
    else createServer(async (_, response) => {
      const child = fork(import.meta.filename, ["child"]);
      const [said] = await once(child, "message");
      response.end(said);
    }).listen(3000);`;
  const lambda = await start({ code: serverOf(source) });
  expect(await (await send(lambda, "")).text()).toBe("0.0.0.0:3000");
});

test("the server gets the request as it came, and its answer goes back as it is", async () => {
  const source = `
    const { createServer } = require("node:http");
    const { buffer } = require("node:stream/consumers");
    createServer(async (request, response) => {
      const { method, url, headers } = request;
      const body = (await buffer(request)).toString("hex");
      response.writeHead(201, {
        "x-seen": headers["x-sent"],
        "set-cookie": ["a=1", "b=2"],
        "www-authenticate": ["One", "Two"],
        "content-type": "application/vnd.awslambda.http-integration-response",
      });
      response.end(JSON.stringify({ statusCode: 500, method, url, headers, body, env: process.env }));
    }).listen(3000);`;
  const lambda = await start({ code: serverOf(source, "index.js") });
  const response = await fetch(new URL("/a%20b?x=1&x=2", lambda.url), {
    method: "PUT",
    headers: { "x-sent": "hello", cookie: "c=3", "content-type": "application/octet-stream" },
    body: Buffer.from([0, 255]),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-seen")).toBe("hello");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(response.headers.get("www-authenticate")).toBe("One, Two");
  const requestId = response.headers.get("lambda-web-request-id");
  const { env, ...request } = (await response.json()) as Record<string, never>;
  expect(request).toMatchObject({
    method: "PUT",
    url: "/a%20b?x=1&x=2",
    headers: {
      "x-sent": "hello",
      cookie: "c=3",
      "content-length": "2",
      host: lambda.url.host,
      "x-forwarded-for": "127.0.0.1",
      "lambda-web-request-id": requestId,
    },
    body: "00ff",
  });
  expect(response.headers.get("x-amzn-requestid")).toBe(requestId);
  expect(response.headers.get("lambda-web-logstream")).toBe(lambda.pool.ids[0]);
  expect(env).toMatchObject({
    AWS_LAMBDA_HTTP_ENDPOINT: "0.0.0.0:3000",
    AWS_LAMBDA_INITIALIZATION_TYPE: "native-http",
  });
  for (const name of ["RUNTIME_API", "FUNCTION_NAME", "LOG_STREAM_NAME", "FUNCTION_MEMORY_SIZE"]) {
    expect(env).not.toHaveProperty(`AWS_LAMBDA_${name}`);
  }
});

test("answers without a body keep their status, and to HEAD their length", async () => {
  const source = answering(`
    response.statusCode = Number(request.url.slice(1));
    response.setHeader("content-length", request.method === "HEAD" ? 1234 : 0);
    response.end();`);
  const lambda = await start({ code: serverOf(source) });
  const answersOf = async (status: number, method = "GET") => {
    const { headers, ...response } = await sendAsIs(lambda, { method, path: `/${status}` });
    return [response.status, response.body, headers["content-length"]];
  };
  expect(await answersOf(200, "HEAD")).toEqual([200, "", "1234"]);
  expect(await answersOf(204)).toEqual([204, "", undefined]);
  expect(await answersOf(304)).toEqual([304, "", undefined]);
});
