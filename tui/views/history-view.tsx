/** Recorded experiments, the newest first: open one as if it had just ended, or delete it. */

import { useEffect, useState } from "react";
import { pooledBounds, type RecordSummary } from "../../experiment/records/history.ts";
import { Frame } from "../screen/frame.tsx";
import { frameLayout } from "../screen/geometry.ts";
import type { Binding } from "../screen/keys.ts";
import { Lines } from "../screen/lines.tsx";
import { positionWords, scrollTo } from "../screen/scroll.ts";
import type { Line } from "../screen/text.ts";
import { historyHeader, historyLine } from "./history-lines.ts";
import { commonBindings, type ViewProps } from "./view.ts";

export function HistoryView(view: ViewProps) {
  const { session, snapshot, size, go } = view;
  const [records, setRecords] = useState<readonly RecordSummary[]>();
  const [scroll, setScroll] = useState({ selected: 0, offset: 0 });
  const [isAsking, setAsking] = useState(false);
  useEffect(() => void session.history().then(setRecords), [session]);

  const layout = frameLayout(snapshot, size);
  const total = records?.length ?? 0;
  const selected = Math.min(scroll.selected, total - 1);
  const height = layout.bodyRows - 1;
  const range = { start: selected, end: selected + 1 };
  const offset = scrollTo({ offset: scroll.offset, height, total }, range);
  const record = records?.[selected];
  const to = (wanted: number) => () =>
    setScroll({ selected: Math.max(0, Math.min(total - 1, wanted)), offset });

  const open = () => {
    if (!record) return;
    session.replay(record.path);
    go({ name: "run" });
  };
  const remove = async () => {
    setAsking(false);
    if (record) setRecords(await session.forgetRecord(record.path));
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
        ...(record ? listBindings(to, selected, height, total) : []),
        ...(record
          ? [
              { on: "return", words: "⏎ open", run: open },
              { on: "rightArrow", run: open },
              { on: "d", words: "d delete", run: () => setAsking(true) },
            ]
          : []),
        ...commonBindings(view),
      ];
  return (
    <Frame
      snapshot={snapshot}
      layout={layout}
      bindings={bindings}
      position={positionWords(offset + 1, offset + height, total)}
    >
      <Lines
        lines={bodyLines(records, { selected, offset, height, columns: size.columns, isAsking })}
      />
    </Frame>
  );
}

function listBindings(
  to: (wanted: number) => () => void,
  selected: number,
  page: number,
  total: number,
): Binding[] {
  return [
    { on: "downArrow", words: "↑↓ select", run: to(selected + 1) },
    { on: "upArrow", run: to(selected - 1) },
    { on: "pageDown", run: to(selected + page) },
    { on: "pageUp", run: to(selected - page) },
    { on: "home", run: to(0) },
    { on: "end", run: to(total - 1) },
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
  const pooled = pooledBounds(records);
  const rows = records.slice(offset, offset + height).map((record, row) => {
    const line = historyLine(record, pooled, columns, offset + row === selected);
    const isDoomed = isAsking && offset + row === selected;
    return isDoomed ? line.map((span) => ({ ...span, colour: "red" })) : line;
  });
  return [historyHeader(columns), ...rows];
}
