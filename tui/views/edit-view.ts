/** The plan as a form. Nothing is taken over before ⏎, and nothing that the parser refuses. */

import { type Key, useCursor, usePaste } from "ink";
import { createElement as h } from "react";
import { fieldLine } from "../screen/field-line.ts";
import { frameLayout, HEAD_ROWS } from "../screen/geometry.ts";
import { scrollTo } from "../screen/scroll.ts";
import { useCell } from "../screen/use-cell.ts";
import type { Binding } from "../terminal/keys.ts";
import { type Line, toWidth, wrapText } from "../terminal/styled-text.ts";
import { insert } from "../terminal/text-field.ts";
import { editFor } from "./field-keys.ts";
import {
  editFocused,
  FIELD_NAMES,
  type FieldName,
  HINTS,
  inputOf,
  LABELS,
  moveFocus,
  type PlanForm,
  parseForm,
  placeholderOf,
  planForm,
  planSentence,
} from "./plan-form.ts";
import type { ViewProps } from "./view.ts";
import { Frame } from "./view-frame.ts";

/** Columns left of the fields, and of a field that holds a number. */
const RED = { colour: "red" };
const LABEL_COLUMNS = 17;
const NUMBER_COLUMNS = 11;

export function EditView({ session, snapshot, size, go }: ViewProps) {
  const form = useCell(() => planForm(snapshot.plan));
  const { setCursorPosition } = useCursor();
  const onText = (input: string, key: Key) => {
    const edit = editFor(input, key);
    if (key.tab) form.set(moveFocus(form.current, key.shift ? -1 : 1));
    else if (edit) form.set(editFocused(form.current, edit));
    return key.tab || edit !== undefined;
  };
  usePaste((text) => form.set(editFocused(form.current, insert(text))));

  const layout = frameLayout(snapshot, size);
  const body = formLines(form.current, size.columns);
  const window = { offset: 0, height: layout.bodyRows, total: body.lines.length };
  const offset = scrollTo(window, { start: body.cursor.row, end: body.cursor.row + 1 });
  setCursorPosition({ x: body.cursor.column, y: HEAD_ROWS + 1 + body.cursor.row - offset });

  const move = (step: 1 | -1) => () => form.set(moveFocus(form.current, step));
  const done = () => {
    if (!parseForm(form.current).ok) return;
    session.edit(inputOf(form.current));
    go({ name: "run" });
  };
  const bindings: Binding[] = [
    { on: "return", words: "⏎ done", run: done },
    { on: "downArrow", words: "↑↓ field", run: move(1) },
    { on: "upArrow", run: move(-1) },
    { words: "Ctrl-U clear" },
    { on: "escape", words: "Esc leave as it was", run: () => go({ name: "run" }) },
  ];
  const lines = body.lines.slice(offset, offset + layout.bodyRows);
  return h(Frame, { snapshot, layout, bindings, lines, onText });
}

interface FormLines {
  lines: Line[];
  /** Where the cursor stands: a line of the above, and a column of the terminal. */
  cursor: { row: number; column: number };
}

function formLines(form: PlanForm, columns: number): FormLines {
  const parsed = parseForm(form);
  const problems = parsed.ok ? [] : parsed.problems;
  const lines: Line[] = [[]];
  const cursor = { row: 0, column: 0 };
  for (const name of FIELD_NAMES) {
    const problem = problems.find(({ field }) => field === name)?.message;
    const { line, cursorColumn } = fieldRow(form, name, columns, problem);
    if (form.focus === name) Object.assign(cursor, { row: lines.length, column: cursorColumn });
    lines.push(line);
    if (name === "clients")
      lines.push([{ text: " ".repeat(LABEL_COLUMNS) + HINTS.clients, dim: true }]);
  }
  lines.push([]);
  const width = columns - 6;
  const words = parsed.ok
    ? wrapText(planSentence(parsed.plan, form.replaces), width).map(
        (text): Line => [{ text: `   ${text}`, dim: true }],
      )
    : problems.flatMap(({ field, message }) =>
        wrapText(`✗ ${LABELS[field]}: ${message}`, width).map(
          (text): Line => [{ text: `   ${text}`, colour: "red" }],
        ),
      );
  return { lines: [...lines, ...words], cursor };
}

function fieldRow(form: PlanForm, name: FieldName, columns: number, problem: string | undefined) {
  const isFocused = form.focus === name;
  const field = form.fields[name];
  const width = name === "clients" ? columns - LABEL_COLUMNS - 2 : NUMBER_COLUMNS;
  const { text, cursorColumn } = fieldLine(field, width);
  const label = `${isFocused ? " ▸ " : "   "}${LABELS[name].padEnd(LABEL_COLUMNS - 3)}`;
  const isEmpty = field.text === "";
  const value = isEmpty ? toWidth(placeholderOf(form, name), width) : text;
  const hint =
    name === "clients" ? "" : `  ${problem === undefined ? HINTS[name] : `✗ ${problem}`}`;
  const line: Line = [
    { text: label, bold: isFocused, colour: problem === undefined ? undefined : "red" },
    { text: value, dim: isEmpty },
    {
      text: toWidth(hint, columns - LABEL_COLUMNS - width - 1),
      ...(problem ? RED : { dim: true }),
    },
  ];
  return { line, cursorColumn: LABEL_COLUMNS + cursorColumn };
}
