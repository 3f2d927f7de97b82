import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { Answer } from "../../handler/contract.ts";
import { MODELS, type Model } from "../../local-lambda/function-configuration.ts";
import { FunctionUrl } from "../../local-lambda/function-url/function-url.ts";
import { ask, startLambda, untilPolling } from "../embedded-lambda.ts";
import { descendantsOf, start } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { listenersOf } from "./listeners.ts";
import { exchange, openConnection, requestText } from "./raw-http.ts";

/** Who may not be asked by a web page whose name was pointed at this machine. */
const FOREIGN = ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""];
const OWN = ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9000"];

/** Of the user who starts it; none of their processes' business. */
const SECRETS = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret/of+the/user",
  AWS_SESSION_TOKEN: "token/of+the/user",
  NPM_TOKEN: "another secret",
};

/** What an environment may have, none of them the user's. */
const VARIABLES =
  /^(PATH|LANG|TZ|_HANDLER|LAMBDA_TASK_ROOT|MAX_HOLD_MS|AWS_(LAMBDA_\w+|(DEFAULT_)?REGION|EXECUTION_ENV))$/;

const SIZES: Record<Model, string[]> = {
  "on-demand": [],
  "managed-instances": ["--environments", "1"],
  "web-function": [],
};

test.each(MODELS)(
  "with %s every port is on loopback, refuses other names, and environments know no secret",
  async (model) => {
    const program = start("local-lambda/serve.ts", ["--model", model, ...SIZES[model]], SECRETS);
    const url = await waitUntil("the URL", () => /http:\S+/.exec(program.stdout())?.[0]);
    const body = JSON.stringify({ client: "Ana", holdMs: 0 });
    const warm = async () => (await (await fetch(url, { method: "POST", body })).json()) as Answer;
    const { environment } = await warm();
    const all = [program.child.pid ?? 0, ...descendantsOf(program.child.pid ?? 0)];
    const listeners = listenersOf(all);
    // The URL, and either a Runtime API or a Web Function's server.
    expect(listeners.length).toBeGreaterThanOrEqual(2);
    expect(new Set(listeners.map(({ address }) => address))).toEqual(new Set(["127.0.0.1"]));
    for (const { port } of listeners) {
      for (const host of FOREIGN) {
        expect(await exchange({ port }, requestText("/", { host }))).toMatch(/^HTTP\/1.1 403 /);
      }
    }
    const { port } = new URL(url);
    expect(await exchange({ port }, requestText("/", { host: "evil.example" }))).toMatch(
      /\{"message":"The Host header names another machine\. Call the local Lambda by the URL that/,
    );
    for (const host of OWN) {
      expect(await exchange({ port }, requestText("/", { host }))).toMatch(/^HTTP\/1.1 200 /);
    }
    // Nothing but what was let in has reached the handler.
    const { globalData } = await warm();
    if (model !== "on-demand") expect(globalData.counter).toBe(1 + OWN.length + 1);

    const variables = readFileSync(`/proc/${environment?.pid}/environ`, "utf8").split("\0");
    expect(variables).toContain(`AWS_LAMBDA_LOG_STREAM_NAME=${environment?.id}`);
    for (const secret of Object.values(SECRETS)) expect(variables.join()).not.toContain(secret);
    const names = variables.filter(Boolean).map((variable) => variable.split("=")[0]);
    for (const name of names) expect(name).toMatch(VARIABLES);
  },
);

test("a request that is too large is refused in words, and its connection lives on", async () => {
  const lambda = await startLambda();
  const { socket, received } = await openConnection(lambda.url);
  const size = 20 * 1024 * 1024;
  socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size));
  await waitUntil("the refusal", () => received().includes("Request Entity Too Large"));
  expect(received()).toMatch(/^HTTP\/1.1 413 /);
  socket.write(requestText("/"));
  await waitUntil("the next answer", () => received().includes('"counter":1'));

  const long = requestText("/", { "x-long": "a".repeat(20_000) });
  expect(await exchange(lambda.url, long)).toMatch(/^HTTP\/1.1 431 /);
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`x-${n}`, "a"]));
  expect(await exchange(lambda.url, requestText("/", many))).toMatch(/^HTTP\/1.1 431 /);
  await untilPolling(lambda, 1);
  expect((await ask(lambda, "Bo")).globalData.counter).toBe(2);
});

test("who sends slowly holds nobody up, and is let go with 408", async () => {
  const lambda = await startLambda();
  const patienceMs = 1_000;
  const front = new FunctionUrl((request) => lambda.pool.invoke(request), undefined, patienceMs);
  onTestFinished(() => front.close());
  const url = await front.listen(0);
  const beginnings = ["", "POST / HT", "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-le"];
  const slow = await Promise.all(
    [...beginnings, requestText("/").slice(0, -1)].map(async (beginning) => {
      const connection = await openConnection(url);
      connection.socket.write(beginning);
      return connection;
    }),
  );
  expect(await exchange(url, requestText("/"))).toMatch(/^HTTP\/1.1 200 [\s\S]*"counter":1/);
  await Promise.all(slow.map(({ closed }) => closed));
  for (const { received } of slow) expect(received()).toMatch(/^HTTP\/1.1 408 Request Timeout/);
  expect(await exchange(url, requestText("/"))).toMatch(/^HTTP\/1.1 200 [\s\S]*"counter":2/);
});

test("no path leads to a file", async () => {
  const lambda = await startLambda({ model: "web-function" });
  const paths = [
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%5c..%5cetc%5cpasswd",
    "/proc/self/environ",
    "/index.mjs",
    "file:///etc/passwd",
    "//etc/passwd",
    "/\0/etc/passwd",
  ];
  for (const path of paths) {
    const text = await exchange(lambda.url, requestText(path, {}, "{}"));
    // The handler answers whatever the path, and NUL is none of HTTP's.
    expect(text).toMatch(path.includes("\0") ? /^HTTP\/1.1 400 / : /\{"message":"client: must be/);
    expect(text).not.toMatch(/root:|PATH=|globalData/);
  }
  expect((await ask(lambda, "Ana")).globalData.counter).toBe(1);
});
