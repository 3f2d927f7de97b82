import { expect, test } from "vitest";
import { referencePlan } from "../../experiment/core/plan/plan.ts";
import { parsePlan } from "../../experiment/core/plan/plan-input.ts";
import { insert, textField } from "../terminal/text-field.ts";
import {
  editFocused,
  FIELD_NAMES,
  inputOf,
  moveFocus,
  parseForm,
  placeholderOf,
  planForm,
  planSentence,
} from "./edit-view.ts";

const clear = () => textField("");

test("a form holds the plan that it was made of", () => {
  const form = planForm(referencePlan);
  expect(parseForm(form)).toEqual({ ok: true, plan: referencePlan });
  expect(inputOf(form)).toMatchObject({ clients: "Ana, Barbara, Mario, Dean, John", hold: "5 s" });
});

test("every field comes round, forwards and backwards", () => {
  const form = planForm(referencePlan);
  const forwards = FIELD_NAMES.reduce((current) => moveFocus(current, 1), form);
  expect(forwards.focus).toBe(form.focus);
  expect(moveFocus(form, -1).focus).toBe("pause");
});

test("an empty field stands for its default", () => {
  const clients = editFocused(planForm(referencePlan), clear);
  const form = editFocused(moveFocus(editFocused(clients, insert("A, B, C")), 1), clear);
  expect(placeholderOf(form, "concurrency")).toBe("3");
  expect(parseForm(form)).toEqual(parsePlan({ ...inputOf(form), concurrency: "3" }));
});

test("a plan reads as a sentence", () => {
  expect(planSentence(referencePlan)).toBe(
    "2 runs of 5 requests, 5 at once: Ana, then Barbara and so on.",
  );
});

test("the form of a plan whose runs differ holds equal ones as large, and says what it replaces", () => {
  const stages = [
    { concurrency: 1, requests: 1, pauseMs: 0 },
    { concurrency: 4, requests: 8, pauseMs: 2_000 },
    { concurrency: 2, requests: 20, pauseMs: 1_000 },
  ];
  const form = planForm({ ...referencePlan, name: "hill\u0007", stages });
  expect(inputOf(form)).toMatchObject({ concurrency: "4", requests: "8", runs: "3", pause: "2 s" });
  const parsed = parseForm(form);
  expect(parsed.ok && planSentence(parsed.plan, form.replaces)).toBe(
    "3 runs of 8 requests, 4 at once: Ana, then Barbara and so on. " +
      "The runs of hill\\u0007 differ: ⏎ replaces them by these equal ones.",
  );
  expect(planForm(referencePlan).replaces).toBeUndefined();
});
