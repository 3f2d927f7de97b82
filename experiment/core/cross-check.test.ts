import { expect, test } from "vitest";
import {
  type CheckedRequest,
  checkedRequestOf,
  compare,
  isComplete,
  type LoggedEvent,
} from "./cross-check.ts";
import type { Observation } from "./record-lines.ts";

const REQUESTS: CheckedRequest[] = [
  { requestId: "r1", environment: "a", coldStart: true },
  { requestId: "r2", environment: "b", coldStart: true },
  { requestId: "r3", environment: "a", coldStart: false },
];
const LOG: LoggedEvent[] = [
  { kind: "initialized", stream: "a" },
  { kind: "initialized", stream: "b" },
  { kind: "entered", stream: "a", requestId: "r1" },
  { kind: "entered", stream: "b", requestId: "r2" },
  { kind: "entered", stream: "a", requestId: "r3" },
];
const without = (predicate: (event: LoggedEvent) => boolean) =>
  LOG.filter((event) => !predicate(event));

test("a log that says what the answers said agrees", () => {
  expect(compare(REQUESTS, LOG)).toEqual({
    requests: 3,
    streams: 2,
    initialized: 2,
    agreement: true,
    differences: [],
  });
});

test("an environment that served none of the requests is counted, and is no disagreement", () => {
  const more: LoggedEvent[] = [
    { kind: "initialized", stream: "c" },
    { kind: "entered", stream: "d", requestId: "somebody else's" },
  ];
  const comparison = compare(REQUESTS, [...LOG, ...more]);
  expect(comparison).toMatchObject({ requests: 3, streams: 2, initialized: 3, agreement: true });
});

test("a request in another stream than its answer named is a difference", () => {
  const log = LOG.map((event) =>
    event.kind === "entered" && event.requestId === "r3" ? { ...event, stream: "b" } : event,
  );
  expect(compare(REQUESTS, log)).toMatchObject({
    agreement: false,
    differences: ["1 request is in another log stream than its answer named, such as r3."],
  });
});

test("answered requests that the log does not know are a difference", () => {
  const log = without((event) => event.kind === "entered" && event.requestId !== "r1");
  expect(compare(REQUESTS, log).differences).toEqual([
    "2 requests were answered and are not in the log, such as r2.",
  ]);
});

test("a cold start without an initialization is a difference", () => {
  const log = without((event) => event.kind === "initialized" && event.stream === "b");
  expect(compare(REQUESTS, log).differences).toEqual([
    "1 request called itself a cold start, and the log knows of no initialization, such as r2.",
  ]);
});

test("a failed request is found in the log that its answer could not name", () => {
  const failed: CheckedRequest = { requestId: "r4", coldStart: false };
  const log: LoggedEvent[] = [...LOG, { kind: "entered", stream: "c", requestId: "r4" }];
  expect(compare([...REQUESTS, failed], log)).toMatchObject({
    requests: 4,
    streams: 3,
    agreement: true,
  });
  expect(compare([...REQUESTS, failed], LOG)).toMatchObject({ requests: 3, agreement: true });
});

test("a log is complete once every answer's request and cold start have arrived", () => {
  expect(isComplete(REQUESTS, LOG)).toBe(true);
  for (const missing of LOG)
    expect(
      isComplete(
        REQUESTS,
        without((it) => it === missing),
      ),
    ).toBe(false);
  expect(isComplete([{ requestId: "r9", coldStart: false }], [])).toBe(true);
});

test("what was throttled or has no id is in no log", () => {
  const seen: Observation = { type: "observation", run: "r", index: 0, client: "A", outcome: "ok" };
  expect(checkedRequestOf(seen)).toBeUndefined();
  expect(checkedRequestOf({ ...seen, outcome: "throttled", requestId: "t" })).toBeUndefined();
  expect(checkedRequestOf({ ...seen, outcome: "failed", requestId: "f" })).toEqual({
    requestId: "f",
    environment: undefined,
    coldStart: false,
  });
});
