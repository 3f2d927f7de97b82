/** The ports of an embedded Lambda: all are on loopback, and each takes only what it must. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync, statSync } from "node:fs";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MODELS, type Model } from "../../basics/models.ts";
import type { Answer } from "../../handler/contract.ts";
import { FunctionUrl } from "../../local-lambda/function-url/function-url-server.ts";
import {
  answering,
  ask,
  codeOf,
  post,
  serverOf,
  startLambda,
  untilPolling,
} from "../embedded-lambda.ts";
import { descendantsOf, listenersOf, readProcessFile, serverSocketOf } from "../processes.ts";
import { startLambdaAlone } from "../programs.ts";
import { waitUntil } from "../wait-until.ts";
import { exchange, openConnection, requestText } from "./raw-http.ts";

/** Names that a web page may have pointed at this machine. */
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
    const { url, pid } = await startLambdaAlone(["--model", model, ...SIZES[model]], SECRETS);
    const body = JSON.stringify({ client: "Ana", holdMs: 0 });
    const warm = async () => (await (await fetch(url, { method: "POST", body })).json()) as Answer;
    const { environment } = await warm();
    const listeners = listenersOf([pid, ...descendantsOf(pid)]);
    // The URL and, but for a Web Function, whose server has no port, a Runtime API.
    if (model === "web-function") expect(listeners).toHaveLength(1);
    else expect(listeners.length).toBeGreaterThanOrEqual(2);
    expect(new Set(listeners.map(({ address }) => address))).toEqual(new Set(["127.0.0.1"]));
    for (const { port } of listeners) {
      for (const host of FOREIGN) {
        expect(await exchange({ port }, requestText("/", { host }))).toMatch(/^HTTP\/1.1 403 /);
      }
    }
    const { port } = new URL(url);
    expect(await exchange({ port }, requestText("/", { host: "evil.example" }))).toMatch(
      /\{"message":"The Host header names another machine\. Call the embedded Lambda by the URL that/,
    );
    for (const host of OWN) {
      expect(await exchange({ port }, requestText("/", { host }))).toMatch(/^HTTP\/1.1 200 /);
    }
    // Nothing but what was let in has reached the handler.
    const { globalData } = await warm();
    if (model !== "on-demand") expect(globalData.counter).toBe(1 + OWN.length + 1);

    const variables = readProcessFile(environment?.pid ?? 0, "environ").split("\0");
    const named = variables.includes(`AWS_LAMBDA_LOG_STREAM_NAME=${environment?.id}`);
    expect(named).toBe(model !== "web-function");
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

/** Starts a server that waits for minutes for a request to come, so that it waits for a second only. */
async function hurried<T>(listen: () => Promise<T>): Promise<T> {
  const hurry = (message: unknown) => {
    const { server } = message as { server: Server & { connectionsCheckingInterval: number } };
    expect(server).toMatchObject({ headersTimeout: 300_000, requestTimeout: 300_000 });
    const patience = { headersTimeout: 1_000, requestTimeout: 1_000 };
    Object.assign(server, patience, { connectionsCheckingInterval: 100 });
  };
  // https://nodejs.org/api/diagnostics_channel.html#net
  const channel = "tracing:net.server.listen:asyncStart";
  subscribe(channel, hurry);
  return listen().finally(() => unsubscribe(channel, hurry));
}

test("a slow sender holds nobody up, and is let go with 408", async () => {
  const lambda = await startLambda();
  const front = new FunctionUrl((request) => lambda.pool.invoke(request));
  onTestFinished(() => front.close());
  const url = await hurried(() => front.listen(0));
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

/** A handler that asks the port of its own environment, as another user of the machine could. */
const INTRUDER = `
  export const handler = async (_, { awsRequestId }) => {
    const { AWS_LAMBDA_RUNTIME_API: api } = process.env;
    const [, port, key] = /^127\\.0\\.0\\.1:(\\d+)\\/([\\w-]+)$/.exec(api);
    const invocation = "/2018-06-01/runtime/invocation/";
    const forge = { method: "POST", body: '"forged"' };
    const ask = async (path, init) => {
      const response = await fetch("http://127.0.0.1:" + port + path, init);
      return response.status + " " + await response.text();
    };
    const refused = [];
    for (const before of ["", "/", "/" + key.slice(1), "/" + "A".repeat(key.length), "/%00", "/é"]) {
      refused.push(await ask(before + invocation + "next"));
      refused.push(await ask(before + invocation + awsRequestId + "/response", forge));
      refused.push(await ask(before + invocation + awsRequestId + "/error", forge));
    }
    return { key, refused, known: await ask("/" + key + "/inside", forge) };
  };`;

test.each(["on-demand", "managed-instances"] as const)(
  "with %s the port of an environment serves those alone who know its key, which nobody is told",
  async (model) => {
    const lambda = await startLambda({ model, environments: 1, code: codeOf(INTRUDER) });
    const response = await post(lambda, {});
    expect(response.status).toBe(200);
    const { key, refused, known } = (await response.json()) as {
      key: string;
      refused: string[];
      known: string;
    };
    expect(Buffer.from(key, "base64url").length).toBeGreaterThanOrEqual(16);
    expect(refused).toHaveLength(18);
    for (const text of refused) {
      expect(text).toMatch(/^403 \{"message":"The path does not begin with the key of this port, /);
    }
    // The Runtime API has no such path, but it has looked.
    expect(known).toBe("404 ");

    const [environment = ""] = lambda.pool.ids;
    expect(lambda.pool.logOf(environment).join("\n")).not.toContain(key);
    for (const pid of descendantsOf(process.pid)) {
      expect(readProcessFile(pid, "cmdline")).not.toContain(key);
    }
  },
);

test("the server of a web function is asked by a socket that no other user reaches, and by no port", async () => {
  const lambda = await startLambda({
    model: "web-function",
    code: serverOf(answering("response.end(JSON.stringify([process.pid, process.env]));")),
  });
  const response = await post(lambda, {});
  const [pid, env] = (await response.json()) as [number, Record<string, string>];
  expect(listenersOf([pid])).toEqual([]);
  const socket = serverSocketOf(pid);
  expect(statSync(socket).isSocket()).toBe(true);
  const folder = statSync(dirname(socket));
  expect([folder.mode & 0o777, folder.uid]).toEqual([0o700, process.getuid?.()]);
  expect(env.AWS_LAMBDA_HTTP_ENDPOINT).toBe("0.0.0.0:3000");
  await lambda.pool.recycle();
  expect(readdirSync(dirname(socket)).filter((name) => socket.endsWith(name))).toEqual([]);
});

test("what a web page of another machine sends reaches no handler, and a page of this one is served", async () => {
  const lambda = await startLambda({ model: "web-function" });
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    { origin: "http://localhost.evil.example" },
    { origin: "http://localhost@evil.example" },
    { origin: "http://192.168.0.1:9000" },
    { origin: "null" },
    { origin: "file://" },
    { origin: "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site", referer: "https://evil.example/localhost" },
    { origin: "https://evil.example", referer: "http://localhost:3000/" },
  ];
  for (const headers of foreign) {
    expect(await exchange(lambda.url, requestText("/", headers))).toMatch(
      /^HTTP\/1.1 403 [\s\S]*\{"message":"The request comes from a web page of another machine, or /,
    );
  }
  expect(lambda.pool.ids).toEqual([]);
  const own = [
    { origin: "http://localhost:3000", "sec-fetch-site": "cross-site" },
    { origin: "https://127.0.0.1" },
    { origin: "http://[::1]:5173" },
    { origin: "http://app.localhost:3000" },
    { "sec-fetch-site": "cross-site", referer: "http://localhost:3000/page" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
  ];
  for (const headers of own) {
    expect(await exchange(lambda.url, requestText("/", headers))).toMatch(/^HTTP\/1.1 200 /);
  }
  expect((await ask(lambda, "Ana")).globalData.counter).toBe(own.length + 1);
});
