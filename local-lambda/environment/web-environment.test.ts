import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { answering, sendAsIs, serverOf, startLambda } from "../../test/embedded-lambda.ts";
import { readWebMessage, type WebMessage } from "./web-environment.ts";

const start = (source: string, timeoutMs = 10_000) =>
  startLambda({ model: "web-function", timeoutMs, code: serverOf(source) });

const ECHO = answering("response.end(JSON.stringify(request.headers));");

test.each([
  { trailer: "foo", "transfer-encoding": "chunked" },
  { te: "trailers" },
  { "keep-alive": "timeout=5" },
  { "proxy-authorization": "Basic eA==", "proxy-connection": "keep-alive" },
  { connection: "close, x-other", "transfer-encoding": "chunked" },
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
  { "transfer-encoding": "chunked", trailer: "foo" },
  { "proxy-authenticate": "Basic" },
  { upgrade: "h2c", connection: "upgrade" },
])(
  "a server that sends headers of a connection is answered for all the same: %j",
  async (headers) => {
    const sent = JSON.stringify(headers);
    const lambda = await start(answering(`response.writeHead(201, ${sent}).end("hello");`));
    const response = await sendAsIs(lambda, { method: "POST" });
    expect([response.status, response.body]).toEqual([201, "hello"]);
    for (const [name, value] of Object.entries(headers))
      expect(response.headers[name]).not.toBe(value);
  },
);

test.each<[WebMessage]>([
  [{ type: "listening" }],
  [{ type: "elsewhere", port: 8_080 }],
  [{ type: "failed", reason: "18999" }],
  [{ type: "failed", reason: '{"type":"listening"}' }],
])("what is written is read as it was: %j", (message) => {
  expect(readWebMessage(JSON.stringify(message))).toEqual(message);
});

test.each(["18999", "", "null", '{"type":"listens"}', "listening"])(
  "what is no message is a failure, and its reason: %j",
  (told) => {
    expect(readWebMessage(told)).toEqual({ type: "failed", reason: told });
  },
);
