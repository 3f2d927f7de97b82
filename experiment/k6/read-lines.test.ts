import { expect, test } from "vitest";
import { parseK6Line } from "./read-lines.ts";

const WHOSE = { run: "e/1", runner: "1/2", startedAt: "2026-11-30T12:00:00.000Z" };
const ANSWER = {
  type: "k6 answer",
  ...WHOSE,
  index: 0,
  client: '\u00c4na "<&>\\',
  sentAt: 0,
  answeredAt: 1_001,
  isSigned: true,
  status: 200,
  headers: { "x-amzn-requestid": "r-1" },
  isWhole: true,
  body: JSON.stringify({
    client: "a",
    globalData: { counter: 1, client: "a", clients: [] },
    message: "ok",
  }),
};

/** As the script prints it: in ASCII. */
function printed(changes: object): string {
  const code = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify({ ...ANSWER, ...changes }).replaceAll(/[^ -~]/g, code);
}

const asGoJson = (text: string) =>
  JSON.stringify(text).replaceAll(/[<>&]/g, (unit) => `\\u00${unit.charCodeAt(0).toString(16)}`);

test.each<[string, (line: string) => string]>([
  ["raw", (line) => line],
  ["in a terminal", (line) => `INFO[0003] ${line}  source=console`],
  [
    "as text",
    (line) => `time="2026-11-30T12:00:01Z" level=info msg=${JSON.stringify(line)} source=console`,
  ],
  [
    "of a pod",
    (line) => `[pod/test-1-x7/k6] time="…" level=info msg=${JSON.stringify(line)} source=console\r`,
  ],
  ["as JSON", (line) => `{"level":"info","msg":${asGoJson(line)},"source":"console","time":"…"}`],
])("a line that k6 logged %s is the observation that it tells of", (_, logged) => {
  expect(parseK6Line(logged(printed({})))).toEqual({
    type: "observation",
    run: "e/1",
    runner: "1/2",
    startedAt: WHOSE.startedAt,
    index: 0,
    client: ANSWER.client,
    sentAt: 0,
    answeredAt: 1_001,
    outcome: "ok",
    status: 200,
    requestId: "r-1",
    response: JSON.parse(ANSWER.body),
  });
});

test.each<[object, object]>([
  [{ status: 429, body: '{"Reason":"x","message":"Rate exceeded"}' }, { outcome: "throttled" }],
  [
    { body: "", isWhole: false },
    { outcome: "unreadable", message: /larger than 1 MiB/ },
  ],
  [
    { status: 0, headers: {}, error: "request timeout", errorCode: 1_050, body: "" },
    { outcome: "timed out" },
  ],
  [
    { status: 0, headers: {}, error: "dial: connection refused", errorCode: 1_212, body: "" },
    { outcome: "failed", message: /^dial: connection refused$/ },
  ],
  [{ status: 999 }, { outcome: "failed", status: 999 }],
  [{ headers: { "x-amzn-requestid": "\u4f60" } }, { outcome: "ok", requestId: "?" }],
])("an answer of %j is what it would be if we had fired", (changes, expected) => {
  const patterns = Object.entries(expected).map(([key, value]) => [
    key,
    value instanceof RegExp ? expect.stringMatching(value) : value,
  ]);
  expect(parseK6Line(printed(changes))).toMatchObject(Object.fromEntries(patterns));
});

test("a clock that is off is told by the runner's own, whenever the line is read", () => {
  const refused = {
    status: 403,
    headers: { "x-amzn-requestid": "r-1", date: "Mon, 30 Nov 2026 11:50:01 GMT" },
    body: '{"message":"Signature not yet current: 20261130T120000Z"}',
  };
  expect(parseK6Line(printed(refused))).toMatchObject({
    message: expect.stringContaining("the runner's clock is about 10 min ahead of the service's"),
  });
});

test("what holds no line, or not all of it, is none", () => {
  const line = printed({});
  const texts = ["", "executing 1 scenario", line.slice(0, -9), line.replace('"r-1"', "1")];
  expect(texts.map(parseK6Line)).toEqual(texts.map(() => undefined));
});
