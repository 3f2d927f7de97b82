/** Recorded experiments, the newest first: open one as if it had just ended, or delete it. */

import assert from "node:assert/strict";
import { createElement as h, useEffect, useRef } from "react";
import { inWords } from "../../basics/counts.ts";
import { requestsOf } from "../../experiment/core/plan/plan.ts";
import type { RecordSummary } from "../../experiment/records/history.ts";
import {
  deploymentOf,
  type PooledEvidence,
  pooledEvidence,
} from "../../experiment/records/pooled-evidence.ts";
import { localTime, percent } from "../../experiment/reports/numbers.ts";
import { VERDICT_COLOURS, verdictWords } from "../../experiment/reports/words.ts";
import type { Session } from "../session.ts";
import { describeKnown } from "../target-words.ts";
import { type Binding, movingBindings, useCell } from "../terminal/keys.ts";
import {
  type Line,
  lineToWidth,
  positionWords,
  type Span,
  scrollTo,
  toWidth,
} from "../terminal/styled-text.ts";
import { commonBindings } from "./key-bindings.ts";
import { Frame, type ViewProps } from "./view-frame.ts";

export function HistoryView(view: ViewProps) {
  const { session, layout, go } = view;
  const list = useRecordList(session);
  const { records, selected, asked } = list;
  const scrolled = useRef(0);
  const total = records?.length ?? 0;
  // The table's header stands above.
  const page = layout.bodyRows - 1;
  const window = { offset: scrolled.current, height: page, total };
  const offset = scrollTo(window, { start: selected, end: selected + 1 });
  scrolled.current = offset;

  const back = () => go({ name: "run" });
  const open = () => {
    const chosen = list.chosen();
    if (!chosen) return;
    session.replay(chosen.path);
    back();
  };
  const asking: Binding[] = [
    { on: "y", words: "y delete it for good", run: () => void list.removeAsked() },
    { on: "n", words: "n keep it", run: () => list.ask(undefined) },
    { on: "escape", run: () => list.ask(undefined) },
  ];
  const choosing: Binding[] = [
    ...movingBindings("↑↓ select", { page, total }, list.moveBy),
    { on: "return", words: "⏎ open", run: open },
    { on: "rightArrow", run: open },
    { on: "d", words: "d delete", run: () => list.ask(list.chosen()) },
  ];
  const usual: Binding[] = [
    { on: "escape", words: "Esc back", run: back },
    { on: "leftArrow", run: back },
    ...(total > 0 ? choosing : []),
    ...commonBindings(view),
  ];
  const lines = () => {
    if (!records) return [[], [{ text: "   Reading the records …", dim: true }]];
    if (total === 0) {
      const words = "   Nothing is recorded yet. Every experiment that you fire will be.";
      return [[], [{ text: words }]];
    }
    const pooled = pooledEvidence(records);
    const rows = records.slice(offset, offset + page).map((record, row) => {
      const line = recordLine(record, pooled, offset + row === selected, layout.columns);
      return record === asked ? line.map((span) => ({ ...span, colour: "red" })) : line;
    });
    return [headerLine(layout.columns), ...rows];
  };
  const position = positionWords(offset + 1, offset + page, total);
  return h(Frame, { view, bindings: asked ? asking : usual, position, lines: lines() });
}

/**
 * The list of records, and where one stands in it: read when the view opens, and whenever one was
 * deleted. It may change while it is looked at, so that a record is held by its path: what stands at
 * its index a moment later is another one.
 */
function useRecordList(session: Session) {
  const records = useCell<readonly RecordSummary[] | undefined>(() => undefined);
  /** The selected record, and where it was when it was last seen. */
  const place = useCell<{ path?: string | undefined; index: number }>(() => ({ index: 0 }));
  const askedPath = useCell<string | undefined>(() => undefined);
  const listings = useRef(0);

  const listed = () => records.current ?? [];
  const indexOf = (path: string | undefined) => listed().findIndex((one) => one.path === path);
  const within = (index: number) => Math.max(0, Math.min(listed().length - 1, index));
  const selected = () => {
    const found = indexOf(place.current.path);
    return found >= 0 ? found : within(place.current.index);
  };
  const select = (wanted: number) => {
    const index = within(wanted);
    place.set({ path: listed()[index]?.path, index });
  };
  const show = (found: readonly RecordSummary[]) => {
    records.set(found);
    select(selected());
    if (indexOf(askedPath.current) < 0) askedPath.set(undefined);
  };
  const read = async () => {
    listings.current += 1;
    const listing = listings.current;
    const found = await session.listRecords();
    // One that began earlier may have read what is deleted by now.
    if (listing === listings.current) show(found);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what lists lives as long as the view
  useEffect(() => void read(), [session]);

  return {
    /** Absent until they have been read. */
    records: records.current,
    selected: selected(),
    /** The one that the user is asked about, as long as it is listed. */
    asked: listed()[indexOf(askedPath.current)],
    /** The selected one as it is now, however many keys came since the last frame. */
    chosen: () => listed()[selected()],
    moveBy: (steps: number) => select(selected() + steps),
    /** Asks whether a record shall be deleted; nothing is asked any more without one. */
    ask: (record: RecordSummary | undefined) => askedPath.set(record?.path),
    /** Deletes the one that was asked about, takes it from the list at once, and reads it anew. */
    removeAsked: async () => {
      const path = askedPath.current;
      if (path === undefined) return;
      askedPath.set(undefined);
      if (await session.deleteRecord(path)) show(listed().filter((one) => one.path !== path));
      await read();
    },
  };
}

/** From here on the year is shown. */
const WIDE = 100;
/** A URL is told apart by its first characters. */
const WIDEST_TARGET = 60;
/** The columns right of the target; numbers stand at the right end of theirs. */
const RIGHT_COLUMNS = [
  { title: "Requests", width: 9, isNumber: true },
  { title: "Envs", width: 7, isNumber: true },
  { title: "  Verdict", width: 16, isNumber: false },
  { title: "Bound", width: 7, isNumber: true },
  { title: "Pooled", width: 7, isNumber: true },
];

/** The columns of the table, in so many of the terminal. */
function tableColumns(columns: number) {
  const when = columns < WIDE ? 13 : 18;
  const right = RIGHT_COLUMNS.reduce((sum, { width }) => sum + width, 0);
  const target = Math.min(WIDEST_TARGET, columns - 3 - when - right);
  return [
    { title: "", width: 2, isNumber: false },
    { title: "When", width: when, isNumber: false },
    { title: "Target", width: target, isNumber: false },
    ...RIGHT_COLUMNS,
  ];
}

function headerLine(columns: number): Line {
  const titles = tableColumns(columns).map(({ title }) => ({ text: title, bold: true }));
  return tableLine(titles, columns);
}

function tableLine(cells: readonly Span[], columns: number): Line {
  const line = tableColumns(columns).map(({ width, isNumber }, index): Span => {
    const cell = cells[index];
    assert.ok(cell, "each column has its cell");
    return { ...cell, text: isNumber ? cell.text.padStart(width) : toWidth(cell.text, width) };
  });
  return lineToWidth(line, columns - 1);
}

function recordLine(
  { run, verdict }: RecordSummary,
  pooled: ReadonlyMap<string, PooledEvidence>,
  isSelected: boolean,
  columns: number,
): Line {
  const time = localTime(run.startedAt);
  const key = deploymentOf(run.target);
  const title = verdict ? verdictWords(verdict, new Map()).title : "not concluded";
  const cells: Span[] = [
    { text: isSelected ? "▸" : "", bold: true },
    { text: columns < WIDE ? time.slice(5) : time },
    { text: describeKnown(run.target).title },
    { text: inWords(requestsIn({ run, verdict })) },
    { text: verdict ? inWords(verdict.environments) : "" },
    { text: `  ${title}`, colour: verdict && VERDICT_COLOURS[verdict.verdict], dim: !verdict },
    { text: verdict?.bound === undefined ? "" : percent(verdict.bound) },
    { text: pooledText(key === undefined ? undefined : pooled.get(key)), dim: true },
  ];
  return tableLine(cells, columns);
}

/** Those that have ended; where that was not concluded, those of the plan. */
function requestsIn({ run, verdict }: Pick<RecordSummary, "run" | "verdict">): number {
  if (!verdict) return requestsOf(run.plan);
  return Object.values(verdict.outcomes).reduce((sum, count) => sum + count, 0);
}

/** A bound, or that the experiments of one deployment do not agree. */
function pooledText(evidence: PooledEvidence | undefined): string {
  if (!evidence) return "";
  const { isolated, shared, bound } = evidence;
  if (bound !== undefined) return percent(bound);
  return isolated > 0 && shared > 0 ? "differ" : "";
}
