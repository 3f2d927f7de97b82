/**
 * The same plan at each model, side by side: one is fired at after the other, and the three answers
 * stand below. Where the terminal is too narrow for columns, they are blocks one under another.
 */

import { useIsScreenReaderEnabled } from "ink";
import { createElement as h } from "react";
import { inWords, plural } from "../../basics/counts.ts";
import { clientOf } from "../../experiment/core/plan/plan.ts";
import type { VerdictLine } from "../../experiment/core/record-lines.ts";
import { percent, seconds } from "../../experiment/reports/numbers.ts";
import { VERDICT_COLOURS, verdictWords } from "../../experiment/reports/words.ts";
import { modelOf } from "../../experiment/targets/open-target.ts";
import { isBusy, type RunOnScreen, type Snapshot } from "../store.ts";
import { describeAll } from "../target-words.ts";
import type { Binding } from "../terminal/keys.ts";
import {
  clientColour,
  type Line,
  lineToWidth,
  titledLines,
  toWidth,
} from "../terminal/styled-text.ts";
import { answerWords, hasServed, summarizeRun } from "./environment-words.ts";
import { bind, commonBindings, consentBindings, explain, stopBindings } from "./key-bindings.ts";
import { runSentences } from "./run-sentences.ts";
import { axisEnd, type Bar, barLine } from "./time-axis.ts";
import { Frame, type FrameLayout, frameLayout, type ViewProps } from "./view-frame.ts";

/** Columns that lanes need beside each other. */
const WIDE = 114;
const GAP = 2;
/** An environment's number and label, a client's name, and the word behind it. */
const NAME = 9;
const CLIENT = 9;
const WORD = 7;

export function ModelsView(view: ViewProps) {
  const { snapshot } = view;
  // What is known of the session's own target says nothing of these.
  const { models } = snapshot;
  const [first = snapshot] = models;
  const hourly = models.find(({ target }) => target.hourly)?.target.hourly;
  const target = { ...first.target, ...describeAll(first.target.choice), hourly };
  const about = { ...snapshot, target, cost: undefined, obstacle: undefined, cautions: [] };
  const layout = frameLayout(about, view.layout);
  const isRead = useIsScreenReaderEnabled();
  const lines = isRead ? models.flatMap(sentencesOf) : modelsLines(models, layout);
  return h(Frame, { view: { layout }, bindings: bindingsOf(view), lines });
}

function bindingsOf(view: ViewProps): Binding[] {
  const { snapshot } = view;
  if (snapshot.question !== undefined) return consentBindings(view);
  if (isBusy(snapshot)) return [...stopBindings(view), ...commonBindings(view)];
  return [
    bind(view, "models", "a fire again"),
    bind(view, "leave"),
    bind(view, "fire", "⏎ fire at the target"),
    bind(view, "save"),
    bind(view, "edit"),
    bind(view, "target"),
    bind(view, "history"),
    ...OF_ONE_TARGET.map((on) => explain(view, on, SIDE_BY_SIDE)),
    ...commonBindings(view),
  ];
}

/** Keys that other views have, and that mean nothing for several models. */
const OF_ONE_TARGET = ["k", "c", "x", "upArrow", "downArrow", "rightArrow"];
const SIDE_BY_SIDE =
  "That key is for one target: Esc leads back to yours, and h opens each of these experiments.";

/** A model as a screen reader has it. */
function sentencesOf(model: Snapshot): Line[] {
  const { run } = model;
  const said = run ? runSentences(model, run) : [[{ text: stateOf(model) }]];
  const width = Number.POSITIVE_INFINITY;
  return [
    [{ text: nameOf(model) }],
    ...noteLines(model, width),
    ...said,
    ...endLines(model, width),
  ];
}

/** Columns where there is room, else blocks. */
export function modelsLines(
  models: readonly Snapshot[],
  { columns, bodyRows }: Pick<FrameLayout, "columns" | "bodyRows">,
): Line[] {
  if (columns < WIDE) {
    // Those that wait say so on one line, and leave the others the rest.
    const waiting = models.filter(({ run, failure }) => !run && !failure).length;
    const height = Math.floor((bodyRows - waiting) / Math.max(1, models.length - waiting));
    return models.flatMap((model) => modelLines(model, columns - 2, height, false).map(indented));
  }
  const width = Math.floor((columns - 2 - GAP * (models.length - 1)) / models.length);
  const blocks = models.map((model) => modelLines(model, width, bodyRows, true));
  return Array.from({ length: bodyRows }, (_, row) =>
    indented(
      blocks.flatMap((block, index) => [
        ...(index > 0 ? [{ text: " ".repeat(GAP) }] : []),
        ...lineToWidth(block[row] ?? [], width),
      ]),
    ),
  );
}

function indented(line: Line): Line {
  return [{ text: " " }, ...line];
}

/** A model's name and run, its lanes as far as there is room, and what follows from them. */
function modelLines(model: Snapshot, width: number, height: number, isColumn: boolean): Line[] {
  const { run } = model;
  const name = { text: nameOf(model), bold: true };
  const words = { text: run ? runWords(model, run) : stateOf(model), dim: true };
  const ended = endLines(model, isColumn ? width : width - name.text.length - 2);
  const [verdict = [words], ...below] = ended;
  const head: Line[] = isColumn
    ? [[name], [words]]
    : [[name, { text: "  " }, ...verdict], ...below];
  const end = isColumn ? ended : [];
  const lanes = run ? lanesOf(model, run, width) : [];
  const free = height - head.length - end.length;
  const notes = free > 1 ? cut(noteLines(model, width), Math.max(1, free - lanes.length)) : [];
  // In columns behind the verdict, so that all verdicts stand beside each other.
  (isColumn ? end : head).push(...notes);
  const room = Math.max(0, free - notes.length);
  const isCut = lanes.length > room;
  const shown = isCut ? lanes.slice(0, Math.max(0, room - 1)) : lanes;
  const more = inWords(lanes.length - shown.length);
  const rest: Line[] = isCut && room > 0 ? [[{ text: `… ${more} more`, dim: true }]] : [];
  return [...head, ...shown, ...rest, ...end].map((line) => lineToWidth(line, width));
}

function nameOf({ target: { choice, title } }: Snapshot): string {
  return modelOf(choice) ?? title;
}

function stateOf({ activity, failure }: Snapshot): string {
  if (failure) return "";
  if (activity === "finished") return "not fired";
  if (activity === "waiting") return "not answering yet …";
  return activity === "opening" ? "starting …" : "waits";
}

function runWords({ now }: Snapshot, run: RunOnScreen): string {
  const { name, folded, answered, wallMs, shotAt } = run;
  const took = seconds(wallMs ?? now - shotAt);
  return `${name} · ${inWords(answered)} of ${inWords(folded.stage.requests)} · ${took}`;
}

/** A lane for each request of the run, by its environment; then those in flight. */
function lanesOf(model: Snapshot, run: RunOnScreen, width: number): Line[] {
  const { line, unplaced, holdMs } = run.folded;
  const nowMs = run.wallMs ?? model.now - run.shotAt;
  const axis = { width: width - NAME - CLIENT - WORD, endMs: axisEnd(holdMs, nowMs) };
  const lane = (name: string, client: string, bar: Omit<Bar, "colour">, word: string) => {
    const colour = clientColour(model.clients, client);
    return [
      { text: `${toWidth(name, NAME - 1)} ` },
      ...barLine(axis, [{ ...bar, colour }]),
      { text: ` ${toWidth(client, CLIENT - 2)} `, colour },
      { text: toWidth(word, WORD), colour: "red" },
    ];
  };
  const served = model.environments
    .filter((environment) => hasServed(environment, line.run))
    .flatMap((environment) => {
      const { answers, atOnce } = summarizeRun(environment);
      return answers.map((answer, row) => {
        const name = row === 0 ? `${environment.position} ${model.labels.get(environment.id)}` : "";
        const bar = { from: answer.sentAt, until: answer.answeredAt, isOpen: false };
        return lane(name, answer.client, bar, answerWords(answer, atOnce));
      });
    });
  const failed = unplaced.map(
    ({ client, outcome }): Line => [
      { text: toWidth("", NAME) },
      { text: toWidth(outcome, axis.width), colour: "yellow" },
      { text: ` ${toWidth(client, CLIENT - 2)}`, colour: clientColour(model.clients, client) },
    ],
  );
  const flying = [...run.inFlight].map(([index, from]) =>
    lane("", clientOf(line.plan, index), { from, until: nowMs, isOpen: true }, ""),
  );
  return [...served, ...failed, ...flying];
}

/** Not more than so many lines: the last has the beginning of what is left. */
function cut(lines: readonly Line[], most: number): Line[] {
  const rest = lines.slice(most - 1).flatMap((line) => [{ text: " " }, ...line]);
  return lines.length <= most ? [...lines] : [...lines.slice(0, most - 1), rest.slice(1)];
}

/** What was waited for, until the experiment has ended; then what it met, or may have. */
function noteLines({ run, notice, cautions }: Snapshot, width: number): Line[] {
  const note = notice ?? cautions.join(" ");
  // One that waits has a single line.
  return !run || note === "" ? [] : titledLines(width, "NOTE", "yellow", note);
}

/** What follows from it, or what went wrong. */
function endLines(model: Snapshot, width: number): Line[] {
  const { failure, verdict, labels } = model;
  if (failure) return titledLines(width, "FAILED", "red", `${failure.message} ${failure.nextStep}`);
  if (!verdict || verdict.run !== null) return [];
  const { title } = verdictWords(verdict, labels);
  return titledLines(width, title, VERDICT_COLOURS[verdict.verdict], findingOf(model, verdict));
}

function findingOf({ mostAtOnce }: Snapshot, verdict: VerdictLine): string {
  const words = [plural(verdict.environments, "environment")];
  if (mostAtOnce !== undefined) words.push(`${inWords(mostAtOnce)} at once`);
  if (verdict.sharing !== undefined) {
    words.push(verdict.sharing === "globals" ? "globals shared" : "globals apart");
  }
  if (verdict.bound !== undefined) words.push(`below ${percent(verdict.bound)}`);
  return words.join(", ");
}
