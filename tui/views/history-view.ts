/** Recorded experiments, the newest first: open one as if it had just ended, or delete it. */

import { createElement as h, useRef } from "react";
import { pooledEvidence, type RecordSummary } from "../../experiment/records/history.ts";
import { Frame } from "../screen/frame.ts";
import { frameLayout } from "../screen/geometry.ts";
import type { Binding } from "../screen/keys.ts";
import { positionWords, scrollTo } from "../screen/scroll.ts";
import type { Line } from "../screen/text.ts";
import { historyHeader, historyLine } from "./history-lines.ts";
import { useRecordList } from "./use-record-list.ts";
import { commonBindings, type ViewProps } from "./view.ts";

export function HistoryView(view: ViewProps) {
  const { session, snapshot, size, go } = view;
  const list = useRecordList(session.records);
  const { records, asked } = list;
  const scrolled = useRef(0);

  const layout = frameLayout(snapshot, size);
  const total = records?.length ?? 0;
  const height = layout.bodyRows - 1;
  const range = { start: list.selected, end: list.selected + 1 };
  const offset = scrollTo({ offset: scrolled.current, height, total }, range);
  scrolled.current = offset;
  // By the list's own state: several keys may have come since the last frame.
  const by = (step: number) => () => list.selectBy(step);

  const open = () => {
    const chosen = list.chosen();
    if (!chosen) return;
    session.records.replay(chosen.path);
    go({ name: "run" });
  };
  const bindings: Binding[] = asked
    ? [
        { on: "y", words: "y delete it for good", run: () => void list.remove(asked) },
        { on: "n", words: "n keep it", run: () => list.ask(undefined) },
        { on: "escape", run: () => list.ask(undefined) },
      ]
    : [
        { on: "escape", words: "Esc back", run: () => go({ name: "run" }) },
        { on: "leftArrow", run: () => go({ name: "run" }) },
        ...(total > 0 ? listBindings(by, height, total) : []),
        ...(total > 0
          ? [
              { on: "return", words: "⏎ open", run: open },
              { on: "rightArrow", run: open },
              { on: "d", words: "d delete", run: () => list.ask(list.chosen()) },
            ]
          : []),
        ...commonBindings(view),
      ];
  const window = { selected: list.selected, offset, height, columns: size.columns, asked };
  const position = positionWords(offset + 1, offset + height, total);
  return h(Frame, { snapshot, layout, bindings, position, lines: bodyLines(records, window) });
}

function listBindings(by: (step: number) => () => void, page: number, total: number): Binding[] {
  return [
    { on: "downArrow", words: "↑↓ select", run: by(1) },
    { on: "upArrow", run: by(-1) },
    { on: "pageDown", run: by(page) },
    { on: "pageUp", run: by(-page) },
    { on: "home", run: by(-total) },
    { on: "end", run: by(total) },
  ];
}

interface Window {
  selected: number;
  offset: number;
  height: number;
  columns: number;
  /** The one that is about to be deleted. */
  asked: RecordSummary | undefined;
}

function bodyLines(records: readonly RecordSummary[] | undefined, window: Window): Line[] {
  const { selected, offset, height, columns, asked } = window;
  if (!records) return [[], [{ text: "   Reading the records …", dim: true }]];
  if (records.length === 0) {
    return [[], [{ text: "   Nothing is recorded yet. Every experiment that you fire will be." }]];
  }
  const pooled = pooledEvidence(records);
  const rows = records.slice(offset, offset + height).map((record, row) => {
    const line = historyLine(record, pooled, columns, offset + row === selected);
    return record === asked ? line.map((span) => ({ ...span, colour: "red" })) : line;
  });
  return [historyHeader(columns), ...rows];
}
