/** Where to fire: the embedded Lambda's models, the stack, or a URL that is typed in. */

import { type Key, usePaste } from "ink";
import { createElement as h, useEffect, useState } from "react";
import { printable } from "../../basics/printable.ts";
import {
  MODEL_WORDS,
  MODELS,
  PROVES,
  parseTarget,
  type TargetChoice,
} from "../../experiment/targets/target-choice.ts";
import type { StackState } from "../session.ts";
import { type Binding, useCell } from "../terminal/keys.ts";
import { type Line, paragraph } from "../terminal/styled-text.ts";
import { type Edit, editFor, fieldLine, insert, textField } from "../terminal/text-field.ts";
import { Frame, type ViewProps } from "./view-frame.ts";

export function TargetsView({ session, go, ...view }: ViewProps) {
  const { choice: current } = view.snapshot.target;
  const [stack, setStack] = useState<StackState>({ words: "Looking for a stack …" });
  const selected = useCell(() => 0);
  const url = useCell(() => textField(current.kind === "url" ? current.url.href : ""));
  const [problem, setProblem] = useState<string>();
  useEffect(() => void session.findStack().then(setStack), [session]);

  const entries = entriesOf(stack);
  // The URL is the last one.
  const isTyping = () => selected.current === entries.length;
  const edit = (change: Edit | undefined): boolean => {
    if (!isTyping() || !change) return false;
    url.set(change(url.current));
    setProblem(undefined);
    return true;
  };
  usePaste((text) => void edit(insert(text.trim())));
  const choose = () => {
    const typed = url.current.text.trim();
    const choice = isTyping() ? parseTarget(typed, "on-demand") : entries[selected.current]?.choice;
    if (typeof choice === "string") return setProblem(choice);
    if (!choice) return setProblem("There is nothing to choose here yet: follow the words above.");
    session.choose(choice);
    go({ name: "run" });
  };
  const move = (step: number) => () => {
    setProblem(undefined);
    selected.set((selected.current + step + entries.length + 1) % (entries.length + 1));
  };
  const bindings: Binding[] = [
    { on: "return", words: "⏎ choose", run: choose },
    { on: "downArrow", words: "↑↓ select", run: move(1) },
    { on: "tab", run: move(1) },
    { on: "upArrow", run: move(-1) },
    { on: "escape", words: "Esc back", run: () => go({ name: "run" }) },
  ];

  const width = view.layout.columns - 6;
  const lines: Line[] = [[]];
  let focus = { start: 0, end: 0, cursorColumn: undefined as number | undefined };
  const add = (own: readonly Line[], isSelected: boolean, cursorColumn?: number) => {
    const start = lines.length;
    lines.push(...own);
    if (!isSelected) return;
    if (problem !== undefined) lines.push(...paragraph(`✗ ${problem}`, width, INDENT, RED));
    focus = { start, end: lines.length, cursorColumn };
  };
  for (const [index, { title, words, choice }] of entries.entries()) {
    const isSelected = index === selected.current;
    const name = { text: mark(isSelected) + printable(title), bold: isSelected, dim: !choice };
    add([[name], ...paragraph(words, width, INDENT, DIM)], isSelected);
  }
  const field = fieldLine(url.current, width - URL_COLUMNS);
  const label = { text: `${mark(isTyping())}URL`.padEnd(URL_COLUMNS), bold: isTyping() };
  const proves = { text: " ".repeat(INDENT) + PROVES.url, ...DIM };
  add([[label, { text: field.text }], [proves]], isTyping(), URL_COLUMNS + field.cursorColumn);
  const onText = (input: string, key: Key) => edit(editFor(input, key));
  return h(Frame, { view, bindings, onText, lines, focus });
}

const INDENT = 5;
const DIM = { dim: true };
const RED = { colour: "red" };
const URL_COLUMNS = "   URL  ".length;

function mark(isSelected: boolean): string {
  return isSelected ? " ▸ " : "   ";
}

/** One target that can be chosen, or the reason why it cannot. */
interface Entry {
  title: string;
  words: string;
  choice?: TargetChoice;
}

function entriesOf(stack: StackState): Entry[] {
  const local = MODELS.map((model): Entry => {
    const title = `Embedded Lambda, ${model}`;
    return { title, words: MODEL_WORDS[model], choice: { kind: "local", model } };
  });
  if ("words" in stack) return [...local, { title: "Stack", words: stack.words }];
  const title = `Stack ${stack.stack}, ${stack.region}`;
  const words = `${stack.url}  ${PROVES.stack}`;
  return [...local, { title, words, choice: { kind: "stack", stack: stack.stack } }];
}
