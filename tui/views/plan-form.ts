/** The plan as a form, as data: six fields of text, read by the plan's own parser while typing. */

import { printable } from "../../basics/printable.ts";
import { formatDuration } from "../../experiment/core/plan/duration.ts";
import { isUneven, LIMITS, type Plan, type Stage } from "../../experiment/core/plan/plan.ts";
import {
  type ParsedPlan,
  type PlanInput,
  parsePlan,
} from "../../experiment/core/plan/plan-input.ts";
import { inWords, range } from "../../experiment/reports/numbers.ts";
import { planParts } from "../../experiment/reports/target-words.ts";
import { type Edit, type TextField, textField } from "../terminal/text-field.ts";

export type FieldName = keyof PlanInput;

export interface PlanForm {
  fields: Record<FieldName, TextField>;
  focus: FieldName;
  /** The name of a plan whose runs differ, which a form cannot hold. */
  replaces?: string;
}

export const FIELD_NAMES: readonly FieldName[] = [
  "clients",
  "concurrency",
  "requests",
  "hold",
  "runs",
  "pause",
];

export const LABELS: Record<FieldName, string> = {
  clients: "Clients",
  concurrency: "Concurrency",
  requests: "Requests",
  hold: "Hold",
  runs: "Runs",
  pause: "Pause",
};

const { concurrency, holdMs } = LIMITS;

export const HINTS: Record<FieldName, string> = {
  clients: "names, separated by commas; a list can be pasted",
  concurrency: `${range([concurrency.min, concurrency.max], inWords)} requests in flight at once`,
  requests: "in each run; they carry the clients in turn",
  hold: `how long the handler waits, ${range([holdMs.min, holdMs.max], formatDuration)}`,
  runs: "one after the other, on the same environments",
  pause: "between runs, such as 2s or 10min",
};

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
  const index = FIELD_NAMES.indexOf(form.focus) + step + FIELD_NAMES.length;
  return { ...form, focus: FIELD_NAMES[index % FIELD_NAMES.length] ?? form.focus };
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
  if (!parsed.ok) return "";
  return planForm(parsed.plan).fields[name].text;
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
