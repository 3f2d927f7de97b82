import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { codeOf, send, sendAsIs, startLambda } from "../../test/embedded-lambda.ts";
import { waitUntil } from "../../test/wait-until.ts";
import { readWebMessage, type WebMessage } from "./web-environment.ts";

const start = (source: string, timeoutMs = 10_000) =>
  startLambda({ model: "web-function", timeoutMs, code: codeOf(source) });

const ECHO = "export const handler = async ({ headers }) => headers;";

test.each([
  { trailer: "foo", "transfer-encoding": "chunked" },
  { te: "trailers" },
  { "keep-alive": "timeout=5" },
  { "proxy-authorization": "Basic eA==", "proxy-connection": "keep-alive" },
  { connection: "close", "transfer-encoding": "chunked" },
])("headers of the caller's connection are not sent on: %j", async (headers) => {
  const lambda = await start(ECHO);
  const sent = { ...headers, "x-sent": "yes" };
  const { status, body } = await sendAsIs(lambda, { method: "POST", headers: sent }, "{}");
  expect(status).toBe(200);
  const seen = JSON.parse(body);
  expect(seen).toHaveProperty("x-sent", "yes");
  for (const [name, value] of Object.entries(headers)) expect(seen[name]).not.toBe(value);
});

test("a trailer without a body in chunks ends neither the request nor the service", async () => {
  const lambda = await start(ECHO);
  const { port } = lambda.url;
  const connection = connect(Number(port), "127.0.0.1");
  connection.write(
    "GET / HTTP/1.1\r\nHost: localhost\r\nTrailer: foo\r\nConnection: close\r\n\r\n",
  );
  expect(await text(connection)).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  { "transfer-encoding": "chunked" },
  { trailer: "foo" },
  { "Proxy-Authenticate": "Basic" },
  { Upgrade: "h2c", Connection: "upgrade" },
])(
  "a handler that returns headers of a connection is answered all the same: %j",
  async (headers) => {
    const returned = JSON.stringify({ statusCode: 201, headers, body: "hello" });
    const lambda = await start(`export const handler = async () => (${returned});`);
    const response = await send(lambda, "");
    expect([response.status, await response.text()]).toEqual([201, "hello"]);
  },
);

test("after a loop that timed out the next request is served by a new server", async () => {
  const source = `
    export const handler = async ({ body }) => {
      if (body === "loop") for (;;);
      return process.pid;
    };`;
  const lambda = await start(source, 2_000);
  const before = await (await send(lambda, "")).text();
  expect((await send(lambda, "loop")).status).toBe(502);
  const after = await send(lambda, "");
  expect(after.status).toBe(200);
  expect(await after.text()).not.toBe(before);
  await waitUntil("the looping server to go", () => lambda.pool.registry.ids.length === 1);
});

test.each<WebMessage>([
  { type: "listening", port: 1 },
  { type: "listening", port: 65_535 },
  { type: "failed", reason: "18999" },
  { type: "failed", reason: '{"type":"listening","port":18999}' },
])("what is written is read as it was: %j", (message) => {
  expect(readWebMessage(`${JSON.stringify(message)}\n`)).toEqual(message);
});

test.each([
  "18999\n",
  "",
  "null",
  '{"type":"listening"}',
  '{"type":"listening","port":"18999"}',
  '{"type":"listening","port":0}',
  '{"type":"listening","port":65536}',
])("what is no message is a failure, and its reason: %j", (told) => {
  expect(readWebMessage(told)).toEqual({ type: "failed", reason: told });
});

test("a number that code throws is why it failed, and no port", async () => {
  const lambda = await startLambda({ model: "web-function", code: codeOf("throw 18999;") });
  const response = await send(lambda, "");
  expect(response.status).toBe(502);
  expect(await response.text()).toBe("Internal Server Error (Runtime.ExitError: 18999)");
});
