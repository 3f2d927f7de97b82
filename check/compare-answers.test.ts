import { expect, test } from "vitest";
import { answerOf, differences, isBlind } from "./compare-answers.ts";

const answer = (body: unknown, headers = {}) => ({ status: 200, headers, body });
const places = (one: unknown, other: unknown, masked: string[] = []) =>
  differences(answer(one), answer(other), new Set(masked));

test("answers differ by places, lists of different lengths as a whole", () => {
  expect(places({ a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 3] } })).toEqual(["/body/b/c/1"]);
  expect(places({ a: [1] }, { a: [1, 2] })).toEqual(["/body/a"]);
  expect(places({ "a/b": 1 }, { "a/b": 2 })).toEqual(["/body/a~1b"]);
  expect(places("text", { a: 1 })).toEqual(["/body"]);
  expect(places({ a: 1 }, { a: 1, b: 2 })).toEqual(["/body/b"]);
});

test("names that are made up each time are one place, and what is beside them is compared", () => {
  const [one, other] = [
    { a: 1, "id-1": 0 },
    { a: 2, "id-2": 0 },
  ];
  expect(places(one, other)).toEqual(["/body/*", "/body/a"]);
  expect(places(one, other, ["/body/*"])).toEqual(["/body/a"]);
});

test("what is masked is not compared, nor what is in it", () => {
  expect(places({ a: { b: 1 }, c: 1 }, { a: { b: 2 }, c: 2 }, ["/body/a"])).toEqual(["/body/c"]);
  expect(isBlind(answer({ a: 1, b: 1 }), new Set(["/body/a"]))).toBe(false);
  expect(isBlind(answer({ a: 1, b: 1 }), new Set(["/body/a", "/body/b"]))).toBe(true);
  expect(isBlind(answer(""), new Set())).toBe(false);
});

test("what a runtime posts is seen as a caller sees it, without what is of the transport", () => {
  const headers = { "X-User": "ana", date: "today", "content-length": "3" };
  const body = Buffer.from(JSON.stringify({ statusCode: 201, headers, body: '{"a":1}' }));
  expect(answerOf({ kind: "response", body })).toEqual({
    status: 201,
    headers: { "content-type": "application/json", "x-user": "ana" },
    body: { a: 1 },
  });
  const failure = { kind: "error", errorType: "Error", errorMessage: "it broke" } as const;
  expect(answerOf(failure)).toMatchObject({
    status: 502,
    body: expect.stringContaining("it broke"),
  });
});
