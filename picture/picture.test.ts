/** The pictures are of the screen as it is now: what they show is rendered anew from their records. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { renderToString } from "ink";
import { createElement as h } from "react";
import { expect, test } from "vitest";
import { MODELS } from "../basics/models.ts";
import { equalStages, referencePlan } from "../experiment/core/plan/plan.ts";
import type { RecordLine } from "../experiment/core/record-lines.ts";
import { mostAtOnce } from "../experiment/core/verdict/conclude.ts";
import { storeOf } from "../test/screen/store.ts";
import type { Session } from "../tui/session.ts";
import type { ExperimentStore } from "../tui/store.ts";
import { ModelsView } from "../tui/views/models-view.ts";
import type { Scroll } from "../tui/views/run-picture.ts";
import { RunView } from "../tui/views/run-view.ts";
import { frameLayout } from "../tui/views/view-frame.ts";
import { CELL, REFERENCE, SIDE_BY_SIDE } from "./svg.ts";

const OLD = "This picture shows another screen than there is now: run `npm run picture`";
const REFERENCE_SVG = readFileSync(REFERENCE.path, "utf8");
const SIDE_BY_SIDE_SVG = readFileSync(SIDE_BY_SIDE.path, "utf8");

test.each([
  ["before anything is fired", 0, []],
  ["when all is over", -1, recordIn(REFERENCE_SVG)],
])("the picture of the reference is of the screen as it is now, %s", (_, at, lines) => {
  const store = storeOf("on-demand");
  if (lines.length > 0) {
    store.begin(undefined);
    taken(store, lines);
  }
  expect(shownIn(REFERENCE_SVG, at), OLD).toEqual(rendered(store, REFERENCE.size));
});

test("the picture of the models is of the screen as it is now, when all is over", () => {
  const experiments = Map.groupBy(recordIn(SIDE_BY_SIDE_SVG), experimentOf);
  const plan = { ...referencePlan, holdMs: 2_000, stages: equalStages(2, 5, 5, 0) };
  const models = [...experiments.values()].map((lines, index) => {
    const model = MODELS[index];
    assert(model, "there is an experiment for each model");
    const store = taken(storeOf(model, plan), lines);
    store.set({ mostAtOnce: mostAtOnce(store.fold.experiment.runs) });
    return store;
  });
  const store = storeOf("on-demand", plan);
  store.compare(models, undefined);
  store.settle();
  expect(shownIn(SIDE_BY_SIDE_SVG, -1), OLD).toEqual(rendered(store, SIDE_BY_SIDE.size));
});

function taken(store: ExperimentStore, lines: readonly RecordLine[]): ExperimentStore {
  store.set({ record: "its path" });
  for (const line of lines) store.take(line);
  store.settle();
  return store;
}

/** The experiment of a line; the runs of one have its name before theirs. */
function experimentOf(line: RecordLine): string {
  return line.type === "observation" ? (line.run.split("/")[0] ?? "") : line.experiment;
}

/** The rows of the screen, without the spaces at their ends. */
function rendered(store: ExperimentStore, size: { columns: number; rows: number }): string[] {
  const snapshot = store.current;
  const scroll = { current: { selected: undefined, offset: 0 } as Scroll, set: () => {} };
  const layout = frameLayout(snapshot, size);
  const keys = { go: () => {}, help: () => {}, quit: () => {} };
  // Only keys need a session, and none is pressed.
  const props = { snapshot, layout, scroll, ...keys, session: {} as Session };
  const view = snapshot.models.length > 0 ? h(ModelsView, props) : h(RunView, props);
  const text = renderToString(view, { columns: size.columns });
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
