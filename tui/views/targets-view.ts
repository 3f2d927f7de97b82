/** Where to fire: the embedded Lambda's models, the stack, or a URL that is typed in. */

import { type Key, usePaste } from "ink";
import { createElement as h, useEffect, useState } from "react";
import type { DeployedTarget } from "../../basics/deployed-targets.ts";
import { MODELS } from "../../basics/models.ts";
import { printable } from "../../basics/printable.ts";
import { hourlyPhrase } from "../../experiment/reports/words.ts";
import { hourlyCost } from "../../experiment/targets/deployed-model.ts";
import {
  MODEL_WORDS,
  PROVES,
  parseTarget,
  type TargetChoice,
} from "../../experiment/targets/open-target.ts";
import type { Stack } from "../../experiment/targets/stack-outputs.ts";
import { idleCostUsdPerHour, usdText } from "../../pricing/cost.ts";
import type { StackState } from "../session.ts";
import { type Binding, useCell } from "../terminal/keys.ts";
import { entryLines, type Line, paragraph } from "../terminal/styled-text.ts";
import { type Edit, editFor, fieldLine, insert, textField } from "../terminal/text-field.ts";
import { Frame, type ViewProps } from "./view-frame.ts";

export function TargetsView({ session, go, ...view }: ViewProps) {
  const { choice: current } = view.snapshot.target;
  const [stack, setStack] = useState<StackState>({ words: "Looking for a stack …" });
  /** Absent until a key moves it: then it is where the screen fires now. */
  const selected = useCell((): number | typeof URL_FIELD | undefined => undefined);
  const url = useCell(() => textField(current.kind === "url" ? current.url.href : ""));
  const [problem, setProblem] = useState<string>();
  useEffect(() => void session.findStack().then(setStack), [session]);

  const groups = groupsOf(stack);
  const entries = groups.flatMap((group) => group.entries);
  // The URL is the last one, however many there are before it once the stack is known.
  const index = () => {
    const at = selected.current ?? placeOf(current, entries);
    return at === URL_FIELD ? entries.length : at;
  };
  const isTyping = () => index() === entries.length;
  const edit = (change: Edit | undefined): boolean => {
    if (!isTyping() || !change) return false;
    url.set(change(url.current));
    setProblem(undefined);
    return true;
  };
  usePaste((text) => void edit(insert(text.trim())));
  const choose = () => {
    const typed = url.current.text.trim();
    const choice = isTyping() ? parseTarget(typed, "on-demand") : entries[index()]?.choice;
    if (typeof choice === "string") return setProblem(choice);
    if (!choice) return;
    session.choose(choice);
    go({ name: "run" });
  };
  const move = (step: number) => () => {
    setProblem(undefined);
    const next = (index() + step + entries.length + 1) % (entries.length + 1);
    selected.set(next === entries.length ? URL_FIELD : next);
  };
  const bindings: Binding[] = [
    { on: "return", words: "⏎ choose", run: choose },
    { on: "downArrow", words: "↑↓ select", run: move(1) },
    { on: "tab", run: move(1) },
    { on: "upArrow", run: move(-1) },
    { on: "escape", words: "Esc back", run: () => go({ name: "run" }) },
  ];

  const { columns } = view.layout;
  const width = columns - 6;
  const lines: Line[] = [];
  let focus = { start: 0, end: 0, cursorColumn: undefined as number | undefined };
  const add = (own: readonly Line[], isSelected: boolean, cursorColumn?: number) => {
    const start = lines.length;
    lines.push(...own);
    if (!isSelected) return;
    if (problem !== undefined) lines.push(...paragraph(`✗ ${problem}`, width, INDENT, RED));
    focus = { start, end: lines.length, cursorColumn };
  };
  for (const [position, { words, entries: own }] of groups.entries()) {
    add([...(position > 0 ? [[]] : []), ...paragraph(words, columns - 3, 1, DIM)], false);
    for (const entry of own) {
      const isSelected = entries.indexOf(entry) === index();
      const name = { text: mark(isSelected) + entry.name, bold: isSelected };
      add(entryLines(name, { text: entry.words, ...DIM }, columns, NAME_COLUMNS), isSelected);
    }
  }
  const field = fieldLine(url.current, width - URL_COLUMNS);
  const label = { text: `${mark(isTyping())}URL`.padEnd(URL_COLUMNS), bold: isTyping() };
  const proves = { text: " ".repeat(INDENT) + PROVES.url, ...DIM };
  add([[label, { text: field.text }], [proves]], isTyping(), URL_COLUMNS + field.cursorColumn);
  const onText = (input: string, key: Key) => edit(editFor(input, key));
  return h(Frame, { view, bindings, onText, lines, focus });
}

const URL_FIELD = "URL";
const INDENT = 5;
const DIM = { dim: true };
const RED = { colour: "red" };
const URL_COLUMNS = "   URL  ".length;
/** The longest model's name, and what stands around it. */
const NAME_COLUMNS = "   managed-instances ".length;

function mark(isSelected: boolean): string {
  return isSelected ? " ▸ " : "   ";
}

/** One target that can be chosen. */
interface Entry {
  name: string;
  words: string;
  choice: TargetChoice;
}

/** Targets of one kind, and what a verdict reached there is worth; or why there are none. */
interface Group {
  words: string;
  entries: readonly Entry[];
}

/**
 * Where a target stands among the entries; the first one's place where it is none of them. A stack
 * without a model is fired at by the first that it has.
 */
function placeOf(choice: TargetChoice, entries: readonly Entry[]): number | typeof URL_FIELD {
  if (choice.kind === "url") return URL_FIELD;
  const place = entries.findIndex(
    ({ choice: { kind, ...one } }) =>
      kind === choice.kind &&
      (choice.model === undefined || ("model" in one && one.model === choice.model)),
  );
  return Math.max(place, 0);
}

function groupsOf(stack: StackState): Group[] {
  const local: Group = {
    words: PROVES.local,
    entries: MODELS.map((model) => {
      return { name: model, words: MODEL_WORDS[model], choice: { kind: "local", model } };
    }),
  };
  if ("words" in stack) return [local, { words: `Stack: ${stack.words}`, entries: [] }];
  const { stack: name, targets } = stack;
  const deployed: Group = {
    words: printable(`Stack ${name}, ${targets[0].region}. ${PROVES.stack}`),
    entries: targets.map((target) => {
      const { model } = target;
      const words = printable(idleWords(stack, target));
      return { name: model, words, choice: { kind: "stack", stack: name, model } };
    }),
  };
  return [local, deployed];
}

/** What a deployed function costs while nobody fires at it. */
function idleWords(stack: Stack, target: DeployedTarget): string {
  const hourly = target.model === "managed-instances" ? hourlyCost(stack) : undefined;
  if (hourly) return hourlyPhrase(hourly);
  const usd = target.model === "on-demand" ? idleCostUsdPerHour(target) : 0;
  return usd === 0 ? "next to nothing while nobody fires" : `${usdText(usd)} an hour, used or not`;
}
