/** Recorded experiments, the newest first: open one as if it had just ended, or delete it. */

import { createElement as h, useEffect, useState } from "react";
import type { RecordSummary } from "../../experiment/records/history.ts";
import { pooledEvidence } from "../../experiment/records/pooled-evidence.ts";
import { Frame } from "../screen/frame.ts";
import { frameLayout } from "../screen/geometry.ts";
import type { Binding } from "../screen/keys.ts";
import { positionWords, scrollTo } from "../screen/scroll.ts";
import type { Line } from "../screen/text.ts";
import { useCell } from "../screen/use-cell.ts";
import { historyHeader, historyLine } from "./history-lines.ts";
import { commonBindings, type ViewProps } from "./view.ts";

export function HistoryView(view: ViewProps) {
  const { session, snapshot, size, go } = view;
  const [records, setRecords] = useState<readonly RecordSummary[]>();
  const scroll = useCell(() => ({ selected: 0, offset: 0 }));
  const [isAsking, setAsking] = useState(false);
  useEffect(() => void session.records.list().then(setRecords), [session]);

  const layout = frameLayout(snapshot, size);
  const total = records?.length ?? 0;
  const selected = Math.max(0, Math.min(scroll.current.selected, total - 1));
  const height = layout.bodyRows - 1;
  const range = { start: selected, end: selected + 1 };
  const offset = scrollTo({ offset: scroll.current.offset, height, total }, range);
  const record = () => records?.[Math.min(scroll.current.selected, total - 1)];
  const to = (wanted: number) =>
    scroll.set({ selected: Math.max(0, Math.min(total - 1, wanted)), offset });
  const by = (step: number) => () => to(scroll.current.selected + step);

  const open = () => {
    const chosen = record();
    if (!chosen) return;
    session.records.replay(chosen.path);
    go({ name: "run" });
  };
  const remove = async () => {
    setAsking(false);
    const doomed = record();
    if (doomed) setRecords(await session.records.remove(doomed.path));
  };
  const bindings: Binding[] = isAsking
    ? [
        { on: "y", words: "y delete it for good", run: () => void remove() },
        { on: "n", words: "n keep it", run: () => setAsking(false) },
        { on: "escape", run: () => setAsking(false) },
      ]
    : [
        { on: "escape", words: "Esc back", run: () => go({ name: "run" }) },
        { on: "leftArrow", run: () => go({ name: "run" }) },
        ...(total > 0 ? listBindings(by, height, total) : []),
        ...(total > 0
          ? [
              { on: "return", words: "⏎ open", run: open },
              { on: "rightArrow", run: open },
              { on: "d", words: "d delete", run: () => setAsking(true) },
            ]
          : []),
        ...commonBindings(view),
      ];
  const window = { selected, offset, height, columns: size.columns, isAsking };
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
  isAsking: boolean;
}

function bodyLines(records: readonly RecordSummary[] | undefined, window: Window): Line[] {
  const { selected, offset, height, columns, isAsking } = window;
  if (!records) return [[], [{ text: "   Reading the records …", dim: true }]];
  if (records.length === 0) {
    return [[], [{ text: "   Nothing is recorded yet. Every experiment that you fire will be." }]];
  }
  const pooled = pooledEvidence(records);
  const rows = records.slice(offset, offset + height).map((record, row) => {
    const line = historyLine(record, pooled, columns, offset + row === selected);
    const isDoomed = isAsking && offset + row === selected;
    return isDoomed ? line.map((span) => ({ ...span, colour: "red" })) : line;
  });
  return [historyHeader(columns), ...rows];
}
