import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { waitUntil } from "../test/wait-until.ts";
import { LogPrinter, readableLines } from "./log-printer.ts";

const ENVIRONMENT = "2026/11/30/[$LATEST]0123456789abcdef0123456789abcdef";
const RUNTIME = { timestamp: "2026-11-30T01:35:19.651Z", level: "INFO", requestId: "its-own" };
const STACK = ["Error: boom", "second", "    at handler (index.mjs:1:1)"];
const ERROR = { errorType: "Error", errorMessage: "boom\nsecond", stackTrace: STACK };

/** A line of the log, as text or as what it holds, and what is shown of it. */
const LINES: [what: string, line: unknown, shown: string[]][] = [
  ["plain text", "hello", ["01234567 alone hello"]],
  ["an empty line", "", ["01234567 alone"]],
  ["a text", { ...RUNTIME, message: "hello" }, ["01234567 its-own INFO hello"]],
  ["nothing", RUNTIME, ["01234567 its-own INFO"]],
  ["an object", { ...RUNTIME, message: { b: 2 } }, ['01234567 its-own INFO {"b":2}']],
  ["no request", { ...RUNTIME, requestId: "-", message: "up" }, ["01234567 INFO up"]],
  [
    "an error",
    { ...RUNTIME, level: "ERROR", message: { ...ERROR, code: "E" } },
    [
      "01234567 its-own ERROR Error: boom",
      "01234567 its-own second",
      "01234567 its-own     at handler (index.mjs:1:1)",
      '01234567 its-own {"code":"E"}',
    ],
  ],
  [
    "an error behind a text, which the runtime says twice",
    { ...RUNTIME, message: `x ${STACK.join("\n")}`, ...ERROR },
    [
      "01234567 its-own INFO x Error: boom",
      "01234567 its-own second",
      "01234567 its-own     at handler (index.mjs:1:1)",
    ],
  ],
  [
    "JSON of the function's own",
    { level: "WARN", message: "slow", service: "shop" },
    ['01234567 alone WARN slow {"service":"shop"}'],
  ],
  ["other JSON", '{"a": 1}', ['01234567 alone {"a": 1}']],
  ["half of a JSON", '{"a', ['01234567 alone {"a']],
  [
    "what a terminal would obey",
    { ...RUNTIME, message: "\u001b]0;x\u0007\u202eb\tc\rd" },
    ["01234567 its-own INFO \\u001b]0;x\\u0007\\u202eb  c", "01234567 its-own d"],
  ],
  ["the start of an environment", { type: "platform.initStart", record: { phase: "init" } }, []],
  [
    "a failure that the runtime has logged",
    { type: "platform.runtimeDone", record: { requestId: "r", errorType: "E", errorMessage: "m" } },
    [],
  ],
  [
    "a failure that only the service knows of",
    {
      type: "platform.runtimeDone",
      record: { requestId: "r", status: "error", errorType: "Sandbox.Timedout", errorMessage: "m" },
    },
    ["01234567 r ERROR Sandbox.Timedout: m"],
  ],
  [
    "an initialization that took too long",
    { type: "platform.initReport", record: { status: "timeout" } },
    ["01234567 alone ERROR The initialization took too long."],
  ],
  [
    "what only looks like the service",
    { type: "platform.x" },
    ['01234567 alone {"type":"platform.x"}'],
  ],
];

test.each(LINES)("a person sees what matters of %s", (_, line, shown) => {
  const text = typeof line === "string" ? line : JSON.stringify(line);
  expect(readableLines(ENVIRONMENT, text, "alone")).toEqual(shown);
});

test("what nobody reads in time is left out and counted, and what comes later is shown", async () => {
  let written = "";
  const stalled = Promise.withResolvers<void>();
  const output = new Writable({
    write: (chunk, _, done) => {
      written += chunk;
      void stalled.promise.then(() => done());
    },
  });
  const printer = new LogPrinter(output);
  for (let line = 0; line < 100; line++) {
    printer.print(ENVIRONMENT, `${line} ${"x".repeat(100_000)}`);
    await Promise.resolve();
  }
  expect(output.writableLength).toBeLessThan(1_200_000);
  const drained = new Promise((resolve) => output.once("drain", resolve));
  stalled.resolve();
  await drained;
  printer.print(ENVIRONMENT, "later");
  await waitUntil("the last line", () => written.endsWith("later\n"));
  const lines = written.trimEnd().split("\n");
  const shown = lines.filter((line) => line.includes("xxx")).length;
  expect(lines.at(-2)).toContain(`(${100 - shown} lines were left out here`);
  expect(lines.at(-1)).toBe("01234567 later");
});

test("an output that breaks is written to in vain", async () => {
  const output = new Writable({ write: (_, __, done) => done(new Error("EPIPE")) });
  const printer = new LogPrinter(output);
  const broken = new Promise((resolve) => output.once("error", resolve));
  printer.print(ENVIRONMENT, "one");
  await broken;
  printer.print(ENVIRONMENT, "two");
});
