/** The plan as a form. Nothing is taken over before ⏎, and nothing that the plan's parser refuses. */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type Key, usePaste } from "ink";
import { createElement as h } from "react";
import { inWords, plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { formatDuration, formatExactly } from "../../experiment/core/plan/duration.ts";
import { isUneven, LIMITS, type Plan } from "../../experiment/core/plan/plan.ts";
import {
  canBeTyped,
  editPlan,
  equalRuns,
  type ParsedPlan,
  type PlanInput,
  parsePlan,
  replacesStages,
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
  // The last snapshot may be from before an edit a moment ago.
  const form = useCell(() => planForm(view.session.store.current.plan));
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
    const parsed = parseForm(form.current);
    if (!parsed.ok) return;
    if (isEdited(form.current)) view.session.edit(parsed.plan, inputToKeep(form.current));
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
  /** What the form was opened with; fields that are not edited leave it as it is. */
  plan: Plan;
  /** The fields as they were opened. */
  opened: Record<FieldName, string>;
  fields: Record<FieldName, TextField>;
  focus: FieldName;
}

const { concurrency, holdMs } = LIMITS;

/** The fields in their order, and what is said of each. */
const FIELDS: Record<FieldName, { label: string; hint: string }> = {
  clients: { label: "Clients", hint: "names, separated by commas; a list can be pasted" },
  concurrency: {
    label: "Concurrency",
    hint: `${range([concurrency.min, concurrency.max], inWords)} requests in flight at once`,
  },
  requests: { label: "Requests", hint: "in each run; empty: as many as the concurrency" },
  hold: {
    label: "Hold",
    hint: `how long the handler waits, ${range([holdMs.min, holdMs.max], formatDuration)}`,
  },
  runs: { label: "Runs", hint: "one after the other, on the same environments" },
  pause: { label: "Pause", hint: "between runs, such as 2s or 10min" },
};

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

/**
 * A form that holds a plan; of one whose runs differ, equal ones as large as its largest. Requests that
 * are as many as the concurrency are left to their default, so that they follow it.
 */
export function planForm(plan: Plan): PlanForm {
  const texts = fieldTexts(plan);
  const opened = { ...texts, ...(texts.requests === texts.concurrency && { requests: "" }) };
  const fields = {
    clients: textField(opened.clients),
    concurrency: textField(opened.concurrency),
    requests: textField(opened.requests),
    hold: textField(opened.hold),
    runs: textField(opened.runs),
    pause: textField(opened.pause),
  };
  return { plan, opened, fields, focus: "clients" };
}

function fieldTexts(plan: Plan): Record<FieldName, string> {
  const { concurrency, requests, runs, pauseMs } = equalRuns(plan);
  return {
    clients: plan.clients.join(", "),
    concurrency: String(concurrency),
    requests: String(requests),
    hold: formatExactly(plan.holdMs),
    runs: String(runs),
    pause: formatExactly(pauseMs),
  };
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

/** What stands in the fields; an empty one takes its default. */
export function inputOf({ fields }: PlanForm): PlanInput {
  const filled = FIELD_NAMES.filter((name) => fields[name].text.trim() !== "");
  return Object.fromEntries(filled.map((name) => [name, fields[name].text]));
}

/** The plan with what was edited. */
export function parseForm(form: PlanForm): ParsedPlan {
  return editPlan(form.plan, editedFields(form));
}

/** What stands in the fields that were edited; an emptied one is an empty text. */
function editedFields({ opened, fields }: PlanForm): PlanInput {
  const edited = FIELD_NAMES.filter((name) => fields[name].text !== opened[name]);
  return Object.fromEntries(edited.map((name) => [name, fields[name].text.trim()]));
}

function isEdited(form: PlanForm): boolean {
  return Object.keys(editedFields(form)).length > 0;
}

/** The fields, from which the next start makes this plan; `undefined` where they do not hold all of it. */
export function inputToKeep(form: PlanForm): PlanInput | undefined {
  const [edited, input] = [parseForm(form), inputOf(form)];
  const read = parsePlan(input);
  if (!edited.ok || !read.ok) return undefined;
  return isDeepStrictEqual({ ...read.plan, name: edited.plan.name }, edited.plan)
    ? input
    : undefined;
}

/** What an empty field stands for; nothing while another one is wrong. */
export function placeholderOf(form: PlanForm, name: FieldName): string {
  const parsed = parseForm(form);
  return parsed.ok ? `(${fieldTexts(parsed.plan)[name]})` : "";
}

/** What would be fired, as a sentence. */
export function planSentence(plan: Plan): string {
  const { clients } = plan;
  const [volume, atOnce] = planParts(plan);
  const names = clients.slice(0, 2).map(printable).join(", then ");
  return `${volume}, ${atOnce}: ${names}${clients.length > 2 ? " and so on" : ""}.`;
}

/** What the fields cannot hold of the plan, what becomes of it, and which field bounds another. */
export function formNotes(form: PlanForm): string[] {
  const { plan, fields } = form;
  const edited = editedFields(form);
  const notes: string[] = [];
  const parsed = parseForm(form);
  if (parsed.ok) {
    const { concurrency, requests } = equalRuns(parsed.plan);
    if (requests < concurrency) {
      notes.push(`A run has no more than its ${plural(requests, "request")} to fire at once.`);
    }
  }
  if (isUneven(plan)) {
    const becomes = replacesStages(edited)
      ? ": ⏎ replaces them by these equal ones."
      : ", and stay as long as only clients and hold are edited.";
    notes.push(`The runs of ${printable(plan.name)} differ${becomes}`);
  }
  const untypable = plan.clients.find((name) => !canBeTyped(name));
  if (untypable !== undefined && fields.clients.text.includes(untypable)) {
    const becomes =
      edited.clients === undefined
        ? ", and stays as long as the clients are not edited."
        : ": a name has no comma, no line break and no space at its ends.";
    notes.push(`"${printable(untypable)}" cannot be typed${becomes}`);
  }
  return notes;
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
    ? paragraph([planSentence(parsed.plan), ...formNotes(form)].join(" "), columns - 6, 3, DIM)
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
    { text: isEmpty ? toWidth(placeholderOf(form, name), width) : text, dim: isEmpty },
    { text: toWidth(words, columns - LABEL_COLUMNS - width - 1), ...(problem ? RED : DIM) },
  ];
  return { line, cursorColumn: LABEL_COLUMNS + cursorColumn };
}
