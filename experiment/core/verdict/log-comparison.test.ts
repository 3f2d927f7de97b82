import { expect, test } from "vitest";
import type { Observation } from "../record-lines.ts";
import {
  type CheckedRequest,
  checkedRequestOf,
  compare,
  isLogComplete,
  type LoggedEvent,
} from "./log-comparison.ts";

const PERIOD = { from: 100_000, to: 200_000 };

const REQUESTS: CheckedRequest[] = [
  { requestId: "r1", served: { stream: "a", coldStart: true, initializedAt: 100_200 } },
  { requestId: "r2", served: { stream: "b", coldStart: true, initializedAt: 100_300 } },
  { requestId: "r3", served: { stream: "a", coldStart: false, initializedAt: 100_200 } },
];
const LOG: LoggedEvent[] = [
  { kind: "initialized", stream: "a", at: 100_100 },
  { kind: "initialized", stream: "b", at: 100_150 },
  { kind: "entered", stream: "a", at: 100_201, requestId: "r1" },
  { kind: "entered", stream: "b", at: 100_301, requestId: "r2" },
  { kind: "entered", stream: "a", at: 110_000, requestId: "r3" },
];
const without = (predicate: (event: LoggedEvent) => boolean) =>
  LOG.filter((event) => !predicate(event));
const compareWith = (
  requests: readonly CheckedRequest[],
  log: readonly LoggedEvent[],
  model?: string,
) => compare(requests, log, PERIOD, model);

test("a log that says what the answers said agrees", () => {
  expect(compareWith(REQUESTS, LOG)).toEqual({
    requests: 3,
    streams: 2,
    initialized: 2,
    agreement: true,
    differences: [],
  });
});

test("an environment that served none of the requests is counted, and is no disagreement", () => {
  const more: LoggedEvent[] = [
    { kind: "initialized", stream: "c", at: 120_000 },
    { kind: "entered", stream: "d", at: 120_000, requestId: "somebody else's" },
  ];
  const comparison = compareWith(REQUESTS, [...LOG, ...more]);
  expect(comparison).toMatchObject({ requests: 3, streams: 2, initialized: 3, agreement: true });
});

test("a request in another stream than its answer named is a difference", () => {
  const log = LOG.map((event) =>
    event.kind === "entered" && event.requestId === "r3" ? { ...event, stream: "b" } : event,
  );
  expect(compareWith(REQUESTS, log)).toMatchObject({
    agreement: false,
    differences: ["1 request is in another log stream than its answer named, such as r3."],
  });
});

test("answered requests that the log does not know are a difference", () => {
  const log = without((event) => event.kind === "entered" && event.requestId !== "r1");
  expect(compareWith(REQUESTS, log).differences).toEqual([
    "2 requests were answered and are not in the log, such as r2.",
  ]);
});

test("a cold start without an initialization is a difference", () => {
  const log = without((event) => event.kind === "initialized" && event.stream === "b");
  expect(compareWith(REQUESTS, log).differences).toEqual([
    "1 request called itself a cold start, and the log knows of no initialization, such as r2.",
  ]);
});

test("an initialization that no answer owns up to is a difference", () => {
  const [first, second, third] = REQUESTS;
  const warm = { stream: "b", coldStart: false, initializedAt: 100_300 };
  const requests = [first, { ...second, served: warm }, third].filter((it) => it !== undefined);
  expect(compareWith(requests as CheckedRequest[], LOG).differences).toEqual([
    "1 request called itself warm, and its environment was initialized meanwhile, such as r2.",
  ]);
  // The first one may be the one whose answer was lost.
  const lost: CheckedRequest = { requestId: "r4" };
  const log: LoggedEvent[] = [
    ...LOG,
    { kind: "entered", stream: "b", at: 100_160, requestId: "r4" },
  ];
  expect(compareWith([...(requests as CheckedRequest[]), lost], log).agreement).toBe(true);
});

test("an environment that was initialized before is expected to be found by nobody", () => {
  const served = { stream: "p", coldStart: true, initializedAt: 50_000 };
  const provisioned = { requestId: "r5", served };
  const log: LoggedEvent[] = [{ kind: "entered", stream: "p", at: 100_010, requestId: "r5" }];
  expect(compareWith([provisioned], log)).toMatchObject({ initialized: 0, agreement: true });
  expect(isLogComplete([provisioned], log, PERIOD)).toBe(true);
});

test("an initialization that began before the period and ended in it is found, and not counted", () => {
  const served = { stream: "e", coldStart: true, initializedAt: 100_001 };
  const early = { requestId: "r6", served };
  const log: LoggedEvent[] = [
    { kind: "initialized", stream: "e", at: 99_000 },
    { kind: "entered", stream: "e", at: 100_010, requestId: "r6" },
  ];
  expect(compareWith([early], log)).toMatchObject({ initialized: 0, agreement: true });
});

test("a failed request is found in the log that its answer could not name", () => {
  const failed: CheckedRequest = { requestId: "r4" };
  const log: LoggedEvent[] = [
    ...LOG,
    { kind: "entered", stream: "c", at: 100_400, requestId: "r4" },
  ];
  expect(compareWith([...REQUESTS, failed], log)).toMatchObject({
    requests: 4,
    streams: 3,
    agreement: true,
  });
  expect(compareWith([...REQUESTS, failed], LOG)).toMatchObject({ requests: 3, agreement: true });
});

test("nothing is confirmed where no answer named an environment", () => {
  expect(compareWith([{ requestId: "r4" }], LOG)).toMatchObject({
    agreement: false,
    differences: ["No answer named its environment: nothing can be compared."],
  });
});

test("a log is complete once every answer's request and cold start have arrived", () => {
  expect(isLogComplete(REQUESTS, LOG, PERIOD)).toBe(true);
  for (const missing of LOG) {
    const log = without((it) => it === missing);
    expect(isLogComplete(REQUESTS, log, PERIOD)).toBe(false);
  }
  expect(isLogComplete([{ requestId: "r9" }], [], PERIOD)).toBe(true);
});

test("what was throttled or has no id is in no log", () => {
  const seen: Observation = { type: "observation", run: "r", index: 0, client: "A", outcome: "ok" };
  expect(checkedRequestOf(seen)).toBeUndefined();
  expect(checkedRequestOf({ ...seen, outcome: "throttled", requestId: "t" })).toBeUndefined();
  expect(checkedRequestOf({ ...seen, outcome: "failed", requestId: "f" })).toEqual({
    requestId: "f",
  });
});

test("an answer with an empty id is known by the one that the service named", () => {
  const response = { invocation: { requestId: "" } } as Observation["response"];
  const seen = { type: "observation", run: "r", index: 0, client: "A", outcome: "ok" } as const;
  const known = checkedRequestOf({ ...seen, requestId: "r1", response });
  expect(known).toEqual({ requestId: "r1" });
  expect(checkedRequestOf({ ...seen, response })).toBeUndefined();
});

test("at a web function streams are compared by their header, and cold starts are not", () => {
  const log = without(({ kind }) => kind === "initialized");
  expect(compareWith(REQUESTS, log).agreement).toBe(false);
  expect(compareWith(REQUESTS, log, "web-function")).toMatchObject({
    requests: 3,
    streams: 2,
    notCompared: "cold starts",
    agreement: true,
  });
  expect(isLogComplete(REQUESTS, log, PERIOD)).toBe(false);
  expect(isLogComplete(REQUESTS, log, PERIOD, "web-function")).toBe(true);
  const elsewhere = log.map((event) => ({ ...event, stream: "b" }));
  expect(compareWith(REQUESTS, elsewhere, "web-function").differences).toEqual([
    "2 requests are in other log streams than their answers named, such as r1.",
  ]);
});

test("an answer of a web function whose header names no stream cannot be compared", () => {
  const environment = { id: "random", coldStart: true, initializedAt: 100_200 };
  const seen = { type: "observation", run: "r", index: 0, client: "A", outcome: "ok" } as const;
  const response = { environment } as Observation["response"];
  const observation = { ...seen, requestId: "r1", response };
  const unnamed = checkedRequestOf(observation, "web-function");
  const named = checkedRequestOf({ ...observation, logStream: "a" }, "web-function");
  expect(compareWith(unnamed ? [unnamed] : [], LOG, "web-function").differences).toEqual([
    "1 request has no header that names its log stream, and cannot be compared, such as r1.",
  ]);
  expect(compareWith(named ? [named] : [], LOG, "web-function").agreement).toBe(true);
});

test("environments of Managed Instances that are added meanwhile owe no cold start", () => {
  const warm = REQUESTS.map(({ requestId, served }) => ({
    requestId,
    served: served && { ...served, coldStart: false },
  }));
  expect(compareWith(warm, LOG).agreement).toBe(false);
  expect(compareWith(warm, LOG, "managed-instances").agreement).toBe(true);
});
