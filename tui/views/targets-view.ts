/** Where to fire: the embedded Lambda's models, the stack, or a URL that is typed in. */

import { type Key, useCursor, usePaste } from "ink";
import { createElement as h, useEffect, useState } from "react";
import { printable } from "../../basics/printable.ts";
import {
  MODEL_WORDS,
  MODELS,
  PROVES,
  parseTarget,
  type TargetChoice,
} from "../../experiment/targets/target-choice.ts";
import { fieldLine } from "../screen/field-line.ts";
import { frameLayout, HEAD_ROWS } from "../screen/geometry.ts";
import { scrollTo } from "../screen/scroll.ts";
import { useCell } from "../screen/use-cell.ts";
import type { StackState } from "../session.ts";
import type { Binding } from "../terminal/keys.ts";
import { type Line, wrapText } from "../terminal/styled-text.ts";
import { type Edit, insert, textField } from "../terminal/text-field.ts";
import { editFor } from "./field-keys.ts";
import type { ViewProps } from "./view.ts";
import { Frame } from "./view-frame.ts";

/** One target that can be chosen, or the reason why it cannot. */
interface Entry {
  title: string;
  words: string;
  choice?: TargetChoice | undefined;
}

const URL_LABEL = "   URL  ";

export function TargetsView({ session, snapshot, size, go }: ViewProps) {
  const [stack, setStack] = useState<StackState>({ words: "Looking for a stack …" });
  const selected = useCell(() => 0);
  const url = useCell(() => textField(urlOf(snapshot.target.choice)));
  const [problem, setProblem] = useState<string>();
  const { setCursorPosition } = useCursor();
  useEffect(() => void session.findStack().then(setStack), [session]);

  const entries = entriesOf(stack);
  const isTyping = () => selected.current === entries.length;
  const edit = (change: Edit | undefined): boolean => {
    if (!isTyping() || !change) return false;
    url.set(change(url.current));
    setProblem(undefined);
    return true;
  };
  const onText = (input: string, key: Key) => edit(editFor(input, key));
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
  const width = size.columns - 6;
  const lines: Line[] = [[]];
  /** Where each entry begins. */
  const firstLines: number[] = [];
  for (const [index, entry] of entries.entries()) {
    firstLines.push(lines.length);
    lines.push(...entryLines(entry, index === selected.current, width));
  }
  firstLines.push(lines.length);
  const first = firstLines[selected.current] ?? 0;
  const field = fieldLine(url.current, width - URL_LABEL.length);
  const label = isTyping() ? URL_LABEL.replace(/^ {3}/, " ▸ ") : URL_LABEL;
  lines.push(
    [{ text: label, bold: isTyping() }, { text: field.text }],
    [{ text: `     ${PROVES.url}`, dim: true }],
    ...(problem === undefined ? [] : paragraph(`✗ ${problem}`, width, "red")),
  );
  const layout = frameLayout(snapshot, size);
  const last = firstLines[selected.current + 1] ?? lines.length;
  const window = { offset: 0, height: layout.bodyRows, total: lines.length };
  const offset = scrollTo(window, { start: first, end: last });
  const row = HEAD_ROWS + 1 + first - offset;
  setCursorPosition(isTyping() ? { x: URL_LABEL.length + field.cursorColumn, y: row } : undefined);
  return h(Frame, { snapshot, layout, bindings, onText, lines: lines.slice(offset) });
}

function entriesOf(stack: StackState): Entry[] {
  return [
    ...MODELS.map((model): Entry => {
      return {
        title: `Embedded Lambda, ${model}`,
        words: MODEL_WORDS[model],
        choice: { kind: "local", model },
      };
    }),
    "words" in stack
      ? { title: "Stack", words: stack.words }
      : {
          title: `Stack ${stack.stack}, ${stack.region}`,
          words: `${stack.url}  ${PROVES.stack}`,
          choice: { kind: "stack", stack: stack.stack },
        },
  ];
}

function entryLines({ title, words, choice }: Entry, isSelected: boolean, width: number): Line[] {
  return [
    [{ text: `${isSelected ? " ▸ " : "   "}${printable(title)}`, bold: isSelected, dim: !choice }],
    ...paragraph(words, width),
  ];
}

function paragraph(text: string, width: number, colour?: string): Line[] {
  const style = colour === undefined ? { dim: true } : { colour };
  return wrapText(printable(text), width).map((line): Line => [{ text: `     ${line}`, ...style }]);
}

function urlOf(choice: TargetChoice): string {
  return choice.kind === "url" ? choice.url.href : "";
}
