import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import { parseAnswer } from "./answers.ts";

const minimal = {
  client: "Ana",
  globalData: { counter: 1, client: "Ana", clients: [] },
  message: "ok",
};

test("an answer without identity is readable", () => {
  expect(parseAnswer(JSON.stringify(minimal))).toEqual({ ok: true, answer: minimal });
});

test.each([
  ["nothing", "", /^the body is empty$/],
  ["white space", " \n", /^the body is empty$/],
  ["a page", "<html>", /^no JSON$/],
  ["half of an answer", '{"client":"An', /cut short or broken/],
  ["another object", '{"hello":"world"}', /: client is missing/],
  ["a number", "7", /: it is missing or not/],
  [
    "half an environment",
    JSON.stringify({ ...minimal, environment: { id: "x" } }),
    /: environment\.instance is missing/,
  ],
  [
    "a counter below zero",
    JSON.stringify({ ...minimal, globalData: { ...minimal.globalData, counter: -1 } }),
    /: globalData\.counter is missing or not as it should be$/,
  ],
])("%s is not an answer, and it is said why", (_, text, problem) => {
  expect(parseAnswer(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
});

test("no text and no JSON makes the parser throw", () => {
  const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseAnswer(text);
      expect(typeof (parsed.ok ? parsed.answer.client : parsed.problem)).toBe("string");
    }),
    { numRuns: inputs(500, 10_000) },
  );
});
