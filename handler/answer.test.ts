import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../test/effort.ts";
import { parseAnswer } from "./answer.ts";

const minimal = {
  client: "Ana",
  globalData: { counter: 1, client: "Ana", clients: [] },
  message: "ok",
};

test("an answer without identity is readable", () => {
  expect(parseAnswer(JSON.stringify(minimal))).toEqual(minimal);
});

test.each([
  ["no JSON", "<html>"],
  ["another object", '{"hello":"world"}'],
  ["half an environment", JSON.stringify({ ...minimal, environment: { id: "x" } })],
  ["a counter below zero", JSON.stringify({ ...minimal, globalData: { counter: -1 } })],
])("%s is not an answer", (_, text) => {
  expect(parseAnswer(text)).toBeUndefined();
});

test("no text and no JSON makes the parser throw", () => {
  const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  fc.assert(
    fc.property(anyText, (text) => {
      const answer = parseAnswer(text);
      expect(answer === undefined || typeof answer.client === "string").toBe(true);
    }),
    { numRuns: inputs(500, 10_000) },
  );
});
