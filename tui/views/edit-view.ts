/** The plan as a form. Nothing is taken over before ⏎, and nothing that the plan's parser refuses. */

import assert from "node:assert/strict";
import { type Key, usePaste } from "ink";
import { createElement as h } from "react";
import { inWords } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { formatDuration } from "../../experiment/core/plan/duration.ts";
import { isUneven, LIMITS, type Plan, type Stage } from "../../experiment/core/plan/plan.ts";
import {
  type ParsedPlan,
  type PlanInput,
  parsePlan,
} from "../../experiment/core/plan/plan-input.ts";
import { range } from "../../experiment/reports/numbers.ts";
import { planParts } from "../../experiment/reports/words.ts";
import { type Binding, useCell } from "../terminal/keys.ts";
import { type Line, paragraph, toWidth } from "../terminal/styled-text.ts";
import {
  type Edit,
  editFor,
  fieldLine,
  insert,
  type TextField,
  textField,
} from "../terminal/text-field.ts";
import { Frame, type ViewProps } from "./view-frame.ts";

export function EditView({ go, ...view }: ViewProps) {
  const form = useCell(() => planForm(view.snapshot.plan));
  const editField = (edit: Edit) => form.set(editFocused(form.current, edit));
  const move = (step: 1 | -1) => () => form.set(moveFocus(form.current, step));
  const onText = (input: string, key: Key) => {
    const edit = editFor(input, key);
    if (key.tab) move(key.shift ? -1 : 1)();
    else if (edit) editField(edit);
    return key.tab || edit !== undefined;
  };
  usePaste((text) => editField(insert(text)));
  const done = () => {
    if (!parseForm(form.current).ok) return;
    view.session.edit(inputOf(form.current));
    go({ name: "run" });
  };
  const bindings: Binding[] = [
    { on: "return", words: "⏎ done", run: done },
    { on: "downArrow", words: "↑↓ field", run: move(1) },
    { on: "upArrow", run: move(-1) },
    { words: "Ctrl-U clear" },
    { on: "escape", words: "Esc leave as it was", run: () => go({ name: "run" }) },
  ];
  return h(Frame, { view, bindings, onText, ...formLines(form.current, view.layout.columns) });
}

export type FieldName = keyof PlanInput;

/** Six fields of text, as data. */
export interface PlanForm {
  fields: Record<FieldName, TextField>;
  focus: FieldName;
  /** The name of a plan whose runs differ, which a form cannot hold. */
  replaces?: string;
}

const { concurrency, holdMs } = LIMITS;

/** The fields in their order, and what is said of each. */
const FIELDS: Record<FieldName, { label: string; hint: string }> = {
  clients: { label: "Clients", hint: "names, separated by commas; a list can be pasted" },
  concurrency: {
    label: "Concurrency",
    hint: `${range([concurrency.min, concurrency.max], inWords)} requests in flight at once`,
  },
  requests: { label: "Requests", hint: "in each run; they carry the clients in turn" },
  hold: {
    label: "Hold",
    hint: `how long the handler waits, ${range([holdMs.min, holdMs.max], formatDuration)}`,
  },
  runs: { label: "Runs", hint: "one after the other, on the same environments" },
  pause: { label: "Pause", hint: "between runs, such as 2s or 10min" },
};

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

/** A form that holds a plan; of one whose runs differ, equal ones as large as its largest. */
export function planForm(plan: Plan): PlanForm {
  const { clients, stages, holdMs } = plan;
  const isLarger = (one: Stage, other: Stage) => other.concurrency > one.concurrency;
  const stage = stages.reduce((one, other) => (isLarger(one, other) ? other : one));
  const pauseMs = Math.max(...stages.slice(1).map(({ pauseMs }) => pauseMs), 0);
  const fields = {
    clients: textField(clients.join(", ")),
    concurrency: textField(String(stage.concurrency)),
    requests: textField(String(stage.requests)),
    hold: textField(formatDuration(holdMs)),
    runs: textField(String(stages.length)),
    pause: textField(formatDuration(pauseMs)),
  };
  return { fields, focus: "clients", ...(isUneven(plan) && { replaces: plan.name }) };
}

export function editFocused(form: PlanForm, edit: Edit): PlanForm {
  return { ...form, fields: { ...form.fields, [form.focus]: edit(form.fields[form.focus]) } };
}

/** Moves to the next field, or the one before; behind the last comes the first. */
export function moveFocus(form: PlanForm, step: 1 | -1): PlanForm {
  const index = FIELD_NAMES.indexOf(form.focus) + step;
  const focus = FIELD_NAMES.at(index % FIELD_NAMES.length);
  assert(focus, "behind the last field comes the first");
  return { ...form, focus };
}

/** What was typed; an empty field takes its default. */
export function inputOf({ fields }: PlanForm): PlanInput {
  const filled = FIELD_NAMES.filter((name) => fields[name].text.trim() !== "");
  return Object.fromEntries(filled.map((name) => [name, fields[name].text]));
}

export function parseForm(form: PlanForm): ParsedPlan {
  return parsePlan(inputOf(form));
}

/** What an empty field stands for. */
export function placeholderOf(form: PlanForm, name: FieldName): string {
  const parsed = parseForm(form);
  return parsed.ok ? planForm(parsed.plan).fields[name].text : "";
}

/** What would be fired, as a sentence; another one says what it would replace. */
export function planSentence(plan: Plan, replaces?: string): string {
  const { clients } = plan;
  const [volume, atOnce] = planParts(plan);
  const names = clients.slice(0, 2).map(printable).join(", then ");
  const sentence = `${volume}, ${atOnce}: ${names}${clients.length > 2 ? " and so on" : ""}.`;
  if (replaces === undefined) return sentence;
  return `${sentence} The runs of ${printable(replaces)} differ: ⏎ replaces them by these equal ones.`;
}

/** Columns left of the fields, and of a field that holds a number. */
const LABEL_COLUMNS = 17;
const NUMBER_COLUMNS = 11;
const DIM = { dim: true };
const RED = { colour: "red" };

/** The form, and the line that has the focus. */
function formLines(form: PlanForm, columns: number) {
  const parsed = parseForm(form);
  const problems = parsed.ok ? [] : parsed.problems;
  const lines: Line[] = [[]];
  let focus = { start: 0, end: 0, cursorColumn: 0 };
  for (const name of FIELD_NAMES) {
    const problem = problems.find(({ field }) => field === name)?.message;
    const { line, cursorColumn } = fieldRow(form, name, columns, problem);
    if (form.focus === name) focus = { start: lines.length, end: lines.length + 1, cursorColumn };
    lines.push(line);
    // There is no room for it beside the names.
    if (name === "clients") {
      lines.push([{ text: " ".repeat(LABEL_COLUMNS) + FIELDS.clients.hint, ...DIM }]);
    }
  }
  const words = parsed.ok
    ? paragraph(planSentence(parsed.plan, form.replaces), columns - 6, 3, DIM)
    : problems.flatMap(({ field, message }) =>
        paragraph(`✗ ${FIELDS[field].label}: ${message}`, columns - 6, 3, RED),
      );
  return { lines: [...lines, [], ...words], focus };
}

function fieldRow(form: PlanForm, name: FieldName, columns: number, problem: string | undefined) {
  const { label, hint } = FIELDS[name];
  const isFocused = form.focus === name;
  const isClients = name === "clients";
  const field = form.fields[name];
  const isEmpty = field.text === "";
  const width = isClients ? columns - LABEL_COLUMNS - 2 : NUMBER_COLUMNS;
  const { text, cursorColumn } = fieldLine(field, width);
  const mark = `${isFocused ? " ▸ " : "   "}${label}`.padEnd(LABEL_COLUMNS);
  const words = isClients ? "" : `  ${problem === undefined ? hint : `✗ ${problem}`}`;
  const line: Line = [
    { text: mark, bold: isFocused, ...(problem && RED) },
    { text: isEmpty ? toWidth(`(${placeholderOf(form, name)})`, width) : text, dim: isEmpty },
    { text: toWidth(words, columns - LABEL_COLUMNS - width - 1), ...(problem ? RED : DIM) },
  ];
  return { line, cursorColumn: LABEL_COLUMNS + cursorColumn };
}
