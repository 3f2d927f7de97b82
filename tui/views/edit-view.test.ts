import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { type Plan, referencePlan } from "../../experiment/core/plan/plan.ts";
import { parsePlan } from "../../experiment/core/plan/plan-input.ts";
import { insert, textField } from "../terminal/text-field.ts";
import {
  editFocused,
  FIELD_NAMES,
  type FieldName,
  formNotes,
  inputOf,
  inputToKeep,
  moveFocus,
  type PlanForm,
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
  expect(placeholderOf(form, "concurrency")).toBe("(3)");
  expect(parseForm(form)).toEqual(parsePlan({ ...inputOf(form), concurrency: "3" }));
});

test("requests follow the concurrency until they are typed, and then bound it in words", () => {
  const form = type(planForm(referencePlan), "concurrency", "200");
  expect(planSentence(planOf(form))).toMatch(/^2 runs of 200 requests, 200 at once:/);
  expect(placeholderOf(form, "requests")).toBe("(200)");
  // So do those of the next start, and of a form that is opened again.
  expect(inputToKeep(form)).not.toHaveProperty("requests");
  const again = type(planForm(planOf(form)), "concurrency", "7");
  expect(planOf(again).stages).toMatchObject([{ requests: 7 }, { requests: 7 }]);
  expect(formNotes(again)).toEqual([]);
  const bounded = type(again, "requests", "2");
  expect(planSentence(planOf(bounded))).toMatch(/^2 runs of 2 requests, 2 at once:/);
  expect(formNotes(bounded)).toEqual(["A run has no more than its 2 requests to fire at once."]);
});

test("a plan reads as a sentence", () => {
  expect(planSentence(referencePlan)).toBe(
    "2 runs of 5 requests, 5 at once: Ana, then Barbara and so on.",
  );
});

/** A form whose field now holds the text. */
function type(form: PlanForm, name: FieldName, text: string): PlanForm {
  return editFocused({ ...form, focus: name }, () => textField(text));
}

function planOf(form: PlanForm): Plan {
  const parsed = parseForm(form);
  assert(parsed.ok);
  return parsed.plan;
}

const stages = [
  { concurrency: 1, requests: 1, pauseMs: 0 },
  { concurrency: 4, requests: 8, pauseMs: 2_000 },
  { concurrency: 2, requests: 20, pauseMs: 1_000 },
];

test("what a form cannot hold of a plan stays as long as its field is not edited", () => {
  const rich = { name: "rich", clients: ["Doe, Jane", "B"], holdMs: 12_345, steps: 10, stages };
  const form = planForm(rich);
  expect(planOf(form)).toBe(rich);
  expect(planOf(type(type(form, "hold", "1s"), "hold", "12345 ms"))).toBe(rich);
  expect(planOf(type(form, "hold", "1s"))).toEqual({ ...rich, holdMs: 1_000 });
  expect(planOf(type(form, "clients", "Ana"))).toEqual({ ...rich, clients: ["Ana"] });
  const equal = Array.from(stages, (_, run) => ({
    ...{ concurrency: 3, requests: 8 },
    pauseMs: run === 0 ? 0 : 2_000,
  }));
  const replaced = { ...rich, name: "custom", stages: equal };
  expect(planOf(type(form, "concurrency", "3"))).toEqual(replaced);
  expect(planOf(type(form, "hold", ""))).toEqual({ ...rich, holdMs: 5_000 });
});

test("the pause before the first run, which no field holds, stays", () => {
  const plan = { ...referencePlan, stages: [{ concurrency: 2, requests: 2, pauseMs: 700 }] };
  const edited = planOf(type(planForm(plan), "requests", "9"));
  expect(edited.stages).toEqual([{ concurrency: 2, requests: 9, pauseMs: 700 }]);
});

test("an edited plan is kept for the next start where the fields hold all of it", () => {
  const form = planForm({ ...referencePlan, name: "mine" });
  expect(inputToKeep(type(form, "hold", "1234 ms"))).toMatchObject({ hold: "1234 ms", runs: "2" });
  const finer = planForm({ ...referencePlan, name: "mine", steps: 10 });
  expect(inputToKeep(type(finer, "hold", "1234 ms"))).toBeUndefined();
});

test("what was edited to be the reference again is the reference", () => {
  const custom = planOf(type(planForm(referencePlan), "runs", "3"));
  expect(custom.name).toBe("custom");
  expect(planOf(type(planForm(custom), "runs", "2"))).toBe(referencePlan);
});

test("the form of a plan whose runs differ holds equal ones as large, and says what becomes of them", () => {
  const form = planForm({ ...referencePlan, name: "hill\u0007", stages });
  expect(inputOf(form)).toMatchObject({ concurrency: "4", requests: "8", runs: "3", pause: "2 s" });
  expect(formNotes(form)).toEqual([
    "The runs of hill\\u0007 differ, and stay as long as only clients and hold are edited.",
  ]);
  expect(formNotes(type(form, "runs", "2"))).toEqual([
    "The runs of hill\\u0007 differ: ⏎ replaces them by these equal ones.",
  ]);
  expect(formNotes(planForm(referencePlan))).toEqual([]);
});

test("of a client's name that cannot be typed the form says when it would be lost", () => {
  const form = planForm({ ...referencePlan, clients: ["Doe, Jane", "B"] });
  expect(formNotes(form)).toEqual([
    '"Doe, Jane" cannot be typed, and stays as long as the clients are not edited.',
  ]);
  expect(formNotes(type(form, "clients", "Doe, Jane, B, C"))).toEqual([
    '"Doe, Jane" cannot be typed: a name has no comma, no line break and no space at its ends.',
  ]);
  expect(formNotes(type(form, "clients", "B"))).toEqual([]);
});
