import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseAnswer } from "../experiment/core/firing/answers.ts";
import type { Answer } from "./contract.ts";

type Handler = typeof import("./index.ts").handler;

const written: string[] = [];

beforeEach(() => {
  vi.resetModules();
  written.length = 0;
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A new evaluation of the module, so new globals. */
async function freshHandler(): Promise<Handler> {
  return (await import("./index.ts")).handler;
}

async function ask(handler: Handler, body: unknown, requestId = "request-1") {
  const event = { body: typeof body === "string" ? body : JSON.stringify(body) };
  const { statusCode, body: text } = await handler(event, { awsRequestId: requestId });
  return { statusCode, text, answer: JSON.parse(text) as Answer };
}

test("the first request of an instance finds untouched globals and leaves its own", async () => {
  const { statusCode, answer, text } = await ask(await freshHandler(), {
    client: "Ana",
    holdMs: 5,
  });
  expect(statusCode).toBe(200);
  expect(Object.keys(answer)).toEqual([
    "client",
    "globalData",
    "message",
    "environment",
    "invocation",
  ]);
  expect(answer).toMatchObject({
    client: "Ana",
    globalData: { counter: 1, client: "Ana", clients: ["Ana"] },
    message: "ok",
    environment: { pid: process.pid, threadId: expect.any(Number), coldStart: true },
    invocation: {
      requestId: "request-1",
      inFlightOnEntry: 1,
      inFlightPeak: 1,
      onEntry: { counter: 1, client: "Ana" },
    },
  });
  expect(parseAnswer(text)).toEqual({ ok: true, answer });
});

test("globals outlive an invocation", async () => {
  const handler = await freshHandler();
  await ask(handler, { client: "Ana", holdMs: 0 });
  const { answer } = await ask(handler, { client: "Dean", holdMs: 0 });
  expect(answer.globalData).toEqual({ counter: 2, client: "Dean", clients: ["Ana", "Dean"] });
  expect(answer.environment?.coldStart).toBe(false);
});

test("two requests at once in one instance see each other's mutation", async () => {
  const handler = await freshHandler();
  const [ana, dean] = await Promise.all([
    ask(handler, { client: "Ana", holdMs: 40 }),
    ask(handler, { client: "Dean", holdMs: 40 }),
  ]);
  const both = { counter: 2, client: "Dean", clients: ["Ana", "Dean"] };
  expect(ana.answer.globalData).toEqual(both);
  expect(dean.answer.globalData).toEqual(both);
  expect(ana.answer.invocation).toMatchObject({ inFlightOnEntry: 1, inFlightPeak: 2 });
  expect(dean.answer.invocation).toMatchObject({ inFlightOnEntry: 2, inFlightPeak: 2 });
  expect(ana.answer.invocation?.onEntry).toEqual({ counter: 1, client: "Ana" });
});

test("the hold is awaited in its steps, each logged as one line of JSON", async () => {
  const { answer } = await ask(await freshHandler(), { client: "Ana", holdMs: 30, steps: 3 });
  const lines = written.map((line) => JSON.parse(line));
  expect(lines.map(({ message }) => message)).toEqual([
    "step 1 of 3",
    "step 2 of 3",
    "step 3 of 3",
  ]);
  expect(lines[0]).toMatchObject({
    requestId: "request-1",
    level: "INFO",
    client: "Ana",
    globalData: { counter: 1, client: "Ana" },
  });
  const { enteredAt = 0, leftAt = 0 } = answer.invocation ?? {};
  expect(leftAt - enteredAt).toBeGreaterThanOrEqual(27);
});

test("the latest thousand names are kept and the others counted", async () => {
  const handler = await freshHandler();
  for (let request = 0; request < 1_001; request++) {
    await handler({ body: `{"client":"c${request}","holdMs":0,"steps":1}` }, { awsRequestId: "r" });
  }
  const { answer } = await ask(handler, { client: "last", holdMs: 0, steps: 1 });
  expect(answer.globalData.clients).toHaveLength(1_000);
  expect(answer.globalData.clients.at(-1)).toBe("last");
  expect(answer.globalData.dropped).toBe(2);
});

test.each([
  ["no JSON", "Ana", "body"],
  ["an empty body", "", "body"],
  ["an array", [], "body"],
  ["null", "null", "body"],
  ["no client", {}, "client"],
  ["a client that is no text", { client: 7 }, "client"],
  ["an empty client", { client: "  " }, "client"],
  ["an overlong client", { client: "x".repeat(101) }, "client"],
  ["a hold that is no number", { client: "Ana", holdMs: "5" }, "holdMs"],
  ["an infinite hold", '{"client":"Ana","holdMs":1e999}', "holdMs"],
  ["a negative hold", { client: "Ana", holdMs: -1 }, "holdMs"],
  ["a hold above the limit", { client: "Ana", holdMs: 1_001 }, "holdMs"],
  ["no steps at all", { client: "Ana", holdMs: 5, steps: 0 }, "steps"],
  ["half a step", { client: "Ana", holdMs: 5, steps: 1.5 }, "steps"],
  ["too many steps", { client: "Ana", holdMs: 5, steps: 101 }, "steps"],
])("%s is refused by name and touches no global", async (_, body, field) => {
  vi.stubEnv("MAX_HOLD_MS", "1000");
  const handler = await freshHandler();
  const { statusCode, text } = await ask(handler, body);
  expect(statusCode).toBe(400);
  const refusal = JSON.parse(text);
  expect(Object.keys(refusal)).toEqual(["message"]);
  expect(refusal.message).toMatch(new RegExp(`^${field}: `));
  const next = await ask(handler, { client: "Ana", holdMs: 0 });
  expect(next.answer.globalData.counter).toBe(1);
  expect(next.answer.environment?.coldStart).toBe(true);
});

test.each(["abc", "", " ", "-1", "1.5", "1e3", "0x10", "Infinity", "9".repeat(400), "5s"])(
  "a limit of holds that is no whole number, %j, is that of plans",
  async (limit) => {
    vi.stubEnv("MAX_HOLD_MS", limit);
    const { statusCode, text } = await ask(await freshHandler(), { client: "Ana", holdMs: 60_001 });
    expect(statusCode).toBe(400);
    expect(text).toContain("holdMs: must be a number of milliseconds from 0 to 60000");
  },
);

test("a client of a hundred characters may consist of emoji", async () => {
  const client = "🙂".repeat(100);
  const { statusCode } = await ask(await freshHandler(), { client, holdMs: 0 });
  expect(statusCode).toBe(200);
});

test("a body in base64 is read as Function URLs send it", async () => {
  const handler = await freshHandler();
  const body = Buffer.from('{"client":"Ána","holdMs":0}').toString("base64");
  const result = await handler({ body, isBase64Encoded: true }, { awsRequestId: "r" });
  expect(JSON.parse(result.body).client).toBe("Ána");
});

test("the environment is named by its log stream", async () => {
  vi.stubEnv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]abc");
  vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
  const { answer } = await ask(await freshHandler(), { client: "Ana", holdMs: 0 });
  expect(answer.environment).toMatchObject({ id: "2026/11/23/[$LATEST]abc", memoryMb: 128 });
});

test.each([
  ["on-demand", true],
  ["native-http", true],
  ["snap-start", true],
  ["provisioned-concurrency", false],
  ["lambda-managed-instances", false],
])(
  "the first request of an environment initialized as %s is a cold start: %s",
  async (type, cold) => {
    vi.stubEnv("AWS_LAMBDA_INITIALIZATION_TYPE", type);
    const handler = await freshHandler();
    const first = await ask(handler, { client: "Ana", holdMs: 0 });
    expect(first.answer.environment).toMatchObject({ initializationType: type, coldStart: cold });
    const second = await ask(handler, { client: "Bo", holdMs: 0 });
    expect(second.answer.environment?.coldStart).toBe(false);
  },
);
