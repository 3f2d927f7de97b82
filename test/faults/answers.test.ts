/** What answers lack: it is said beside their clients and recorded, and nothing is sent twice. */

import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Observation, Outcome } from "../../experiment/core/record-lines.ts";
import { inputs } from "../effort.ts";
import { fireAt } from "../fire-at.ts";
import {
  answerPlainly,
  clientOf,
  plainAnswer,
  type SeenRequest,
  startServer,
  type TestServer,
} from "../http-server.ts";
import { fire, SHORT } from "../programs.ts";

/** One fault, and what is to be seen of it on the screen and on the record alike. */
interface Fault {
  serve: (response: ServerResponse, request: SeenRequest) => void;
  outcome: Outcome;
  /** Absent: no head came, so there is none. */
  status?: number;
  /** Absent: the answer is whole. */
  message?: RegExp;
  /** The answer carries the service's id, as Lambda's own do, in this header or in that of functions. */
  isLambda?: boolean | "lambda-web-request-id";
}

/** By the name of the client that meets it. */
type Faults = Readonly<Record<string, Fault>>;

const MINUTE_MS = 60_000;
const idFor = (client: string) => `id of ${client}`;

function startFaultyServer(faults: Faults): Promise<TestServer> {
  return startServer((request, response) => {
    const client = clientOf(request);
    const fault = faults[client];
    const { isLambda } = fault ?? {};
    const header = typeof isLambda === "string" ? isLambda : "x-amzn-requestid";
    if (isLambda) response.setHeader(header, idFor(client));
    // A client that gives up is what some of the faults are about.
    response.on("error", () => {});
    if (fault) fault.serve(response, request);
    else answerPlainly(request, response);
  });
}

/** Answers of Lambda's own: a status and an object. */
function refusal(status: number, body: object, message: RegExp, aheadMs = 0): Fault {
  const date = () => new Date(Date.now() - aheadMs).toUTCString();
  return {
    serve: (response) => response.writeHead(status, { date: date() }).end(JSON.stringify(body)),
    outcome: status === 429 ? "throttled" : "failed",
    status,
    message,
    isLambda: true,
  };
}

/** A 200 that is no answer of the handler's. */
function nonsense(body: string | Uint8Array, message: RegExp, headers = {}): Fault {
  const serve: Fault["serve"] = (response) => response.writeHead(200, headers).end(body);
  return { serve, outcome: "unreadable", status: 200, message };
}

/** Bytes of an answer that Node's own server would not send; they end the connection where asked. */
function raw(bytes: string, message: RegExp, isLast = false): Fault {
  const serve: Fault["serve"] = ({ socket }) => {
    if (isLast) socket?.end(bytes, "latin1");
    else socket?.write(bytes, "latin1");
  };
  return { serve, outcome: "failed", message };
}

const WHOLE = { outcome: "ok", status: 200 } as const;
const CUT_SHORT = /^the target (closed|reset) the connection in the middle of its 200 \(.+\)$/;

const ANYWHERE: Faults = {
  BadRequest: refusal(400, { message: "steps: must be a whole number" }, /^400 steps: must be a/),
  Forbidden: refusal(
    403,
    { Message: "Forbidden." },
    /^403 Forbidden: .*takes signed requests only/,
  ),
  NotFound: refusal(
    404,
    { Message: null },
    /^404 there is no function .*deploy the function anew$/,
  ),
  TooLarge: refusal(413, { Message: "Too large" }, /^413 Too large: .* larger than the 6 MB/),
  Throttled: refusal(
    429,
    { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", message: "Rate Exceeded." },
    /^Rate Exceeded: the concurrency of the function or of the account is used up$/,
  ),
  Wordless: {
    serve: (response) => response.writeHead(429).end(),
    outcome: "throttled",
    status: 429,
    message: /^the concurrency of the function or of the account is used up$/,
    isLambda: true,
  },
  Broken: refusal(500, { message: { toString: 1 } }, /^500 {"message".* or Lambda itself failed$/),
  Crashed: refusal(
    502,
    { Message: "Internal Server Error" },
    /^502 Internal .*: the function fail/,
  ),
  Unavailable: refusal(503, { message: null }, /^503 Lambda cannot serve the function/),
  Gateway: {
    serve: (response) => response.writeHead(504).end("<html>\n  <h1>Time-out</h1>\n</html>\n"),
    outcome: "failed",
    status: 504,
    message: /^504 <html> <h1>Time-out<\/h1> <\/html>$/,
  },
  Redirect: {
    serve: (response) => response.writeHead(302, { location: "/elsewhere" }).end(),
    outcome: "failed",
    status: 302,
    message: /^302 a redirect to \/elsewhere, which is not followed; fire at that address$/,
  },
  Gzip: nonsense(gzipSync("{}"), /^the body is encoded \(gzip\)/, { "content-encoding": "gzip" }),
  Page: nonsense("<html>\n<body>Welcome</body></html>", /^no JSON: <html> <body>Welcome/),
  ResetBefore: {
    serve: (response) => response.socket?.resetAndDestroy(),
    outcome: "failed",
    message: /^the target (reset|closed) the connection before it answered \(.+\)$/,
  },
  ResetDuring: {
    serve: (response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write('{"client":', () => setImmediate(() => response.socket?.resetAndDestroy()));
    },
    ...{ outcome: "failed", status: 200, message: CUT_SHORT },
  },
  ResetAfter: {
    serve: (response, request) => {
      // As soon as the whole answer is with the system.
      response.on("finish", () => setImmediate(() => response.socket?.resetAndDestroy()));
      response.end(plainAnswer(request));
    },
    ...WHOLE,
  },
  Announcing: raw(
    "HTTP/1.1 100 Continue\r\n\r\n",
    /^the target sent a 100 that nobody had asked for/,
  ),
  Switching: raw(
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    /^the target changed the protocol before it answered \(.+\)$/,
  ),
  Numbered: {
    ...raw(
      "HTTP/1.1 700 Odd\r\ncontent-length: 0\r\n\r\n",
      /^the target answered with the status 700/,
    ),
    status: 700,
  },
  Hinting: {
    serve: (response, request) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      answerPlainly(request, response);
    },
    ...{ ...WHOLE, isLambda: true },
  },
  Phrased: {
    serve: ({ socket }, request) => {
      const answer = plainAnswer(request);
      const head = `HTTP/1.1 200 \u00c4\u00d6\r\ncontent-length: ${answer.length}`;
      socket?.write(`${head}\r\n\r\n${answer}`, "latin1");
    },
    ...WHOLE,
  },
};

function expectObserved(faults: Faults, observations: readonly Observation[]): void {
  expect(observations.map(({ client }) => client).sort()).toEqual(Object.keys(faults).sort());
  for (const { client, outcome, status, requestId, message = "", response } of observations) {
    const fault = faults[client];
    expect.soft({ client, outcome, status, requestId }).toEqual({
      client,
      outcome: fault?.outcome,
      status: fault?.status,
      requestId: fault?.isLambda ? idFor(client) : undefined,
    });
    expect.soft(message, client).toMatch(fault?.message ?? /^$/);
    expect.soft(response?.client, client).toBe(outcome === "ok" ? client : undefined);
  }
}

/** A table of results has room for so many clients. */
const AT_ONCE = 15;

test("what an answer lacks is said beside its client and recorded, and nothing is sent twice", async () => {
  const server = await startFaultyServer(ANYWHERE);
  const all = Object.entries(ANYWHERE);
  for (const part of [all.slice(0, AT_ONCE), all.slice(AT_ONCE)]) {
    const faults = Object.fromEntries(part);
    const clients = Object.keys(faults).join();
    const seen = await fire([...SHORT, "--target", server.url.href, "--clients", clients]);
    expectObserved(faults, seen.observations);
    for (const { client, outcome, message = "" } of seen.observations) {
      const row = seen.stdout.split("\n").find((line) => line.startsWith(`  ${client} `)) ?? "";
      if (outcome === "ok") expect.soft(row).toContain(`counter: 1, client: "${client}"`);
      else expect.soft(row.trim().split(/ {2,}/)).toEqual([client, outcome, message]);
    }
    expect(seen.code).toBe(3);
    expect(seen.stdout).not.toMatch(/undefined|\[object/);
  }
  expect(server.requests).toHaveLength(all.length);
});

/** White space for ever, as JSON allows before it begins. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(" "), 100);
  response.on("close", () => clearInterval(timer));
}

const ENDLESS = {
  outcome: "timed out",
  status: 200,
  message: /200 began, and its body did not end$/,
} as const;

const SIGNED: Faults = {
  Unpermitted: refusal(
    403,
    { Message: "Forbidden. For troubleshooting see: https://docs.aws.amazon.com/" },
    /^403 Forbidden\..*: the identity lacks lambda:InvokeFunctionUrl or lambda:InvokeFunction .*callerPolicy/,
  ),
  Webless: {
    ...refusal(
      403,
      { Message: "Forbidden." },
      /^403 Forbidden: the identity lacks lambda:InvokeWebFunctionEndpoint on the function/,
    ),
    isLambda: "lambda-web-request-id",
  },
  Behind: refusal(
    403,
    { message: "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z" },
    /^403 Signature expired: .*clock is about 15 min behind the service's; set it$/,
    -15 * MINUTE_MS,
  ),
  Ahead: refusal(
    403,
    { message: "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z" },
    /^403 Signature not yet .*clock is about 11 min ahead of the service's; set it$/,
    11 * MINUTE_MS,
  ),
  Late: refusal(
    403,
    { message: "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z" },
    /^403 Signature expired: .*: the request was on its way for more than five minutes$/,
  ),
  WrongRegion: refusal(
    403,
    { message: "Credential should be scoped to a valid region." },
    /^403 Credential should be scoped to a valid region\.$/,
  ),
  WrongSecret: refusal(
    403,
    { message: "The request signature we calculated does not match the signature you provided." },
    /: the secret key is not that of the access key$/,
  ),
  SignedOut: refusal(
    403,
    { message: "The security token included in the request is expired" },
    /^403 The security token .*: sign in again, such as with aws sso login, and fire again$/,
  ),
  NoHttp: raw(
    "SSH-2.0-OpenSSH_9.2\r\n",
    /^the target broke the rules of HTTP before it answered/,
    true,
  ),
  HugeHead: {
    serve: (response) => response.setHeader("x-huge", "x".repeat(100_000)).end(),
    outcome: "failed",
    message: /^the target sent too large a head before it answered \(.+\)$/,
  },
  Short: {
    serve: (response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write("{}", () => response.socket?.end());
    },
    ...{ outcome: "failed", status: 200, message: CUT_SHORT },
  },
  Silent: { serve: () => {}, outcome: "timed out" },
  HeadOnly: {
    serve: (response) => response.writeHead(200).flushHeaders(),
    ...{ ...ENDLESS, isLambda: true },
  },
  Dripping: { serve: drip, ...ENDLESS },
};

test("a target that never answers is given up in time, and a refused signature is explained", async () => {
  const server = await startFaultyServer(SIGNED);
  const clients = Object.keys(SIGNED);
  const timeoutMs = 1_500;
  const { observations } = await fireAt(server.url, clients.length, clients.length, {
    plan: { name: "test", clients, holdMs: 100, steps: 5, stages: [] },
    timeoutMs,
    sign: async ({ headers }) => ({ ...headers, authorization: "AWS4-HMAC-SHA256" }),
  });
  expectObserved(SIGNED, observations);
  expect(server.requests).toHaveLength(clients.length);
  for (const { outcome, sentAt = 0, answeredAt = 0 } of observations) {
    if (outcome === "timed out") expect(answeredAt - sentAt).toBeGreaterThanOrEqual(timeoutMs - 5);
  }
});

const MB = 1_000_000;

/** As much as the other side takes. */
function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(MB, "[");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}

/** Prints the most memory that a program had, in kilobytes, when it ends. */
const PRINT_PEAK =
  "data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";

test("a body larger than any answer is left, its connection given up, and memory stays bounded", async () => {
  const left = /the body is larger than 1 MiB, which no answer is, and was not read to its end$/;
  const tooLarge = { outcome: "unreadable", status: 200, message: left } as const;
  const faults: Faults = {
    Huge: { serve: (response) => response.end(Buffer.alloc(100 * MB, " ")), ...tooLarge },
    Endless: { serve: pour, ...tooLarge },
    Page: {
      serve: (response) => response.writeHead(502).end(Buffer.alloc(100 * MB, "x")),
      ...{ ...tooLarge, outcome: "failed", status: 502 },
    },
  };
  const requests = inputs(24, 1_000);
  const server = await startFaultyServer(faults);
  const args = ["--clients", Object.keys(faults).join(), "--requests", `${requests}`];
  const all = [...SHORT, "--target", server.url.href, "--concurrency", "4", ...args];
  const seen = await fire(all, { NODE_OPTIONS: `--import=${PRINT_PEAK}` });
  expect(seen.observations).toHaveLength(requests);
  expectObserved(faults, seen.observations.slice(0, 3));
  // Every request had a connection of its own, since the one before it was given up.
  expect(server.requests).toHaveLength(requests);
  expect(server.connections()).toBe(requests);
  const [, peakKb] = /^peak (\d+)$/m.exec(seen.stderr) ?? [];
  // All that is offered is 2 GB.
  expect(Number(peakKb)).toBeLessThan(300_000);
});

test("of a large answer no more is kept than its row shows", async () => {
  const requests = inputs(60, 1_500);
  const server = await startServer((_, response) => response.writeHead(429).end("x".repeat(MB)));
  const args = ["--clients", "Ana", "--concurrency", "4", "--requests", `${requests}`];
  const seen = await fire([...SHORT, "--target", server.url.href, ...args], {
    NODE_OPTIONS: "--max-old-space-size=64",
  });
  expect(seen.code).toBe(3);
  const messages = seen.observations.map(({ message }) => message);
  expect(messages).toEqual(Array(requests).fill(`${"x".repeat(299)}…`));
  expect(seen.stdout).toMatch(/^ {2}Ana +throttled +x{299}…$/m);
});
