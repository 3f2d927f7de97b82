/** The picture is of the screen as it is now: what it shows is rendered anew from the record in it. */

import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { renderToString } from "ink";
import { createElement as h } from "react";
import { expect, test } from "vitest";
import { referencePlan } from "../experiment/core/plan/plan.ts";
import type { RecordLine } from "../experiment/core/record-lines.ts";
import type { Session } from "../tui/session.ts";
import type { Snapshot } from "../tui/state.ts";
import { ExperimentStore } from "../tui/store.ts";
import { describeTarget } from "../tui/target-words.ts";
import type { Scroll } from "../tui/views/run-picture.ts";
import { RunView } from "../tui/views/run-view.ts";
import { frameLayout } from "../tui/views/view-frame.ts";
import { CELL, PICTURE, SIZE } from "./svg.ts";

const OLD = "docs/screen.svg shows another screen than there is now: run `npm run picture`";

const picture = readFileSync(PICTURE, "utf8");

test.each([
  ["before anything is fired", 0, []],
  ["when all is over", -1, recordIn(picture)],
])("the picture that `npm run picture` made is of the screen as it is now, %s", (_, at, lines) => {
  expect(shownIn(picture, at), OLD).toEqual(rendered(snapshotOf(lines)));
});

/**
 * What stands in the store when an experiment has just ended, or before the first: what a session
 * sets beside and the screen shows belongs here too.
 */
function snapshotOf(lines: readonly RecordLine[]): Snapshot {
  const target = describeTarget({ kind: "local", model: "on-demand" });
  const initial = { plan: referencePlan, input: {}, target, notice: undefined };
  const store = new ExperimentStore(initial, 1);
  try {
    if (lines.length > 0) {
      store.begin(undefined);
      store.set({ record: "its path" });
      for (const line of lines) store.take(line);
      store.settle();
    }
    return store.current;
  } finally {
    store.close();
  }
}

/** The rows of the screen, without the spaces at their ends. */
function rendered(snapshot: Snapshot): string[] {
  const scroll = { current: { selected: undefined, offset: 0 } as Scroll, set: () => {} };
  const layout = frameLayout(snapshot, SIZE);
  const props = { snapshot, layout, scroll, go: () => {}, help: () => {}, quit: () => {} };
  // Only keys need a session, and none is pressed.
  const view = h(RunView, { ...props, session: {} as Session });
  const text = renderToString(view, { columns: SIZE.columns });
  return stripVTControlCharacters(text)
    .split("\n")
    .map((row) => row.trimEnd());
}

function recordIn(svg: string): RecordLine[] {
  const [, markup = ""] = /<metadata>(.*?)<\/metadata>/s.exec(svg) ?? [];
  const lines = textOf(markup).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/** The rows of one frame, counted from the end where the number is negative. */
function shownIn(svg: string, frame: number): string[] {
  const rows = new Map(
    [...svg.matchAll(/<g id="(r\d+)">(.*)<\/g>/g)].map(([, id = "", markup = ""]) => [id, markup]),
  );
  const frames = [...svg.matchAll(/<g class="frame.*/g)].map(([markup]) => markup);
  const ids = [...(frames.at(frame) ?? "").matchAll(/href="#(r\d+)"/g)];
  return ids.map(([, id = ""]) => rowOf(rows.get(id) ?? ""));
}

/** Each piece of text at its column. */
function rowOf(markup: string): string {
  const pieces = markup.matchAll(/<text x="([\d.]+)"[^>]*>([^<]*)</g);
  let row = "";
  for (const [, x, text = ""] of pieces) {
    row = row.padEnd(Math.round(Number(x) / CELL.width)) + textOf(text);
  }
  return row;
}

function textOf(markup: string): string {
  return markup.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
