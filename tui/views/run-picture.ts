/**
 * The body while a run is fired and after it: a title with the time axis, and below it the run as
 * blocks of lines. There is one for each environment in order of first use, then come requests that
 * ended without one, then those in flight. Environments that have not answered in this run yet, or
 * could not since it was stopped, are dimmed, with what they held when they answered last. Only the
 * blocks that are seen are drawn.
 */

import { inWords, plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { clientOf } from "../../experiment/core/plan/plan.ts";
import {
  type EnvironmentState,
  type PlacedAnswer,
  SHOWN_NAMES,
} from "../../experiment/records/fold.ts";
import { seconds } from "../../experiment/reports/numbers.ts";
import {
  globalDataParts,
  globalDataText,
  temperatureParts,
} from "../../experiment/reports/words.ts";
import type { GlobalData } from "../../handler/contract.ts";
import type { RunOnScreen, Snapshot } from "../store.ts";
import {
  clientColour,
  type Line,
  lineToWidth,
  positionWords,
  type Span,
  scrollTo,
  toWidth,
} from "../terminal/styled-text.ts";
import {
  answerWords,
  environmentWords,
  hasServed,
  type RunSummary,
  summarizeRun,
} from "./environment-words.ts";
import { axisEnd, axisLabels, barLine } from "./time-axis.ts";

/** Which environment is selected, by its id, and which line of the blocks was the first when it was. */
export interface Scroll {
  selected: string | undefined;
  offset: number;
}

export interface RunPicture {
  lines: Line[];
  /** The first visible line of the blocks, for the next frame. */
  offset: number;
  /** The environments of the run, in the order in which they can be selected. */
  environments: EnvironmentState[];
  /** How many environments are seen. */
  page: number;
  /** Which environments are seen, unless all are. */
  position?: string | undefined;
}

/** Draws what is visible of a run, with what is selected in sight. */
export function runPicture(
  snapshot: Snapshot,
  run: RunOnScreen,
  room: { columns: number; height: number },
  { selected, offset }: Scroll,
): RunPicture {
  const drawing = layOut(snapshot, run, room);
  const header = headerLines(drawing);
  const height = Math.max(0, room.height - header.length);

  let total = 0;
  const blocks = blocksOf(drawing, height).map((block, index) => {
    const start = total;
    total += block.height;
    return { ...block, index, start, end: total };
  });
  const environments = blocks.flatMap(({ environment }) => environment ?? []);
  const chosen = blocks.find(({ environment }) => environment && environment.id === selected);
  // Past the last environment comes what has none; it is seen from there.
  const isLast = chosen?.index === environments.length - 1;
  const { start, end } = chosen ?? { start: 0, end: 0 };
  const shift = scrollTo({ offset, height, total }, { start, end: isLast ? total : end });

  const visible = blocks.filter((block) => block.end > shift && block.start < shift + height);
  const lines = visible.flatMap((block) => {
    const drawn = block === chosen ? marked(block.lines()) : block.lines();
    return drawn.slice(Math.max(0, shift - block.start));
  });
  const seen = visible.filter(({ environment }) => environment);
  const [first] = seen;
  const position =
    first && positionWords(first.index + 1, first.index + seen.length, environments.length);
  return {
    lines: [...header, ...lines.slice(0, height)],
    offset: shift,
    environments,
    page: seen.length,
    position: position && `${position} environments`,
  };
}

/** The selected block has a mark in its first column, and its title is bold. */
function marked([[title = { text: "" }, ...spans] = [], ...rest]: Line[]): Line[] {
  return [[{ ...title, text: `▸${title.text.slice(1)}`, bold: true }, ...spans], ...rest];
}

/**
 * How closely a run is looked at: every answer with its lane and its globals, every environment
 * with its lane and its latest globals, or one line for each environment.
 */
type Density = "answers" | "environments" | "lines";

/**
 * The closest look at which the run fits. It rests on what will be there, not on what already is,
 * so that nothing is laid out anew while answers arrive.
 */
function chooseDensity({ environments }: Snapshot, run: RunOnScreen, height: number): Density {
  const { line, stage, concurrency } = run.folded;
  if (2 * stage.requests <= height) return "answers";
  const known = environments.filter((environment) => hasServed(environment, line.run)).length;
  return 2 * Math.max(known, concurrency) <= height ? "environments" : "lines";
}

/** From here on there is room for whole words. */
const WIDE = 100;
/** What bars take of a line that they share with globals. */
const SHARE_OF_BARS = 0.35;

/** What the lines of a run have in common; widths are in columns. */
type Drawing = ReturnType<typeof layOut>;

function layOut(snapshot: Snapshot, run: RunOnScreen, room: { columns: number; height: number }) {
  const density = chooseDensity(snapshot, run, room.height - 1);
  const isBrief = density === "lines";
  const isWide = room.columns >= WIDE && !isBrief;
  const [left, client, right] = isWide ? [52, 13, 9] : [30, 10, isBrief ? 1 : 8];
  // The last column stays free: a terminal may break the line behind it.
  const rest = room.columns - 1 - left - client - right;
  const bars = isBrief ? Math.round(rest * SHARE_OF_BARS) : rest;
  const now = run.wallMs ?? (run.isLive ? snapshot.now - run.shotAt : run.folded.lastAnsweredAt);
  return {
    snapshot,
    run,
    density,
    isWide,
    /** An environment's number, label and words, and how wide its number is. */
    left,
    number: Math.max(2, String(snapshot.environments.length).length),
    client,
    axis: { width: bars, endMs: axisEnd(run.folded.holdMs, now) },
    /** The words behind a bar. */
    right,
    /** The globals, where they stand on the same line. */
    globals: rest - bars,
    /** Milliseconds since the shot, where open bars end. */
    now,
  };
}

function headerLines(drawing: Drawing): Line[] {
  const { left, client, axis, run, density } = drawing;
  const title: Line = [
    { text: toWidth(` ${titleOfRun(drawing)}`, left + client), bold: true },
    { text: axisLabels(axis), dim: true },
  ];
  if (density !== "lines") return [title];
  return [title, [{ text: ` ${countsOf(run)}` }], [{ text: ` ${latenciesOf(run)}`, dim: true }]];
}

function titleOfRun({ snapshot, run, now, density, isWide }: Drawing): string {
  const { activity, pausedUntil } = snapshot;
  const which = run.folded.line.role === "control" ? `control, ${run.name}` : run.name;
  if (activity === "pausing" && pausedUntil !== undefined) {
    const waitingMs = Math.max(0, pausedUntil - snapshot.now);
    return `${which} · next in ${inWords(Math.ceil(waitingMs / 1_000))} s`;
  }
  const answered = `${inWords(run.answered)} of ${inWords(run.folded.stage.requests)}`;
  const parts = [which, ...(activity === "stopping" ? ["stopping"] : [])];
  if (density !== "lines") {
    parts.push(...temperatureParts(run.folded, true), isWide ? `${answered} answered` : answered);
  }
  return [...parts, seconds(now)].join(" · ");
}

function countsOf(run: RunOnScreen): string {
  const { stage, cold, warm, groups } = run.folded;
  const outcomes = Map.groupBy(groups, ({ outcome }) => outcome);
  return [
    `${inWords(run.answered)} of ${plural(stage.requests, "request")} answered`,
    ...(cold + warm > 0 ? [`${inWords(cold)} cold`] : []),
    ...[...outcomes].map(([outcome, alike]) => `${inWords(totalOf(alike))} ${outcome}`),
  ].join(" · ");
}

function latenciesOf({ latencies, inFlight }: RunOnScreen): string {
  const at = (percentile: number) => seconds(latencies.percentile(percentile) / 1_000);
  const flying = inFlight.size > 0 ? ` · ${inWords(inFlight.size)} in flight` : "";
  if (latencies.count === 0) return `nothing answered yet${flying}`;
  return `p50 ${at(50)} · p95 ${at(95)} · max ${seconds(latencies.max / 1_000)}${flying}`;
}

/** Lines that belong together. */
interface Block {
  height: number;
  /** Draws it. */
  lines: () => Line[];
  /** The environment that it shows, if it shows one. */
  environment?: EnvironmentState;
}

type EnvironmentBlock = Block & { environment: EnvironmentState };

/** @param height how many lines there are for all blocks; those in flight fill what is left */
function blocksOf(drawing: Drawing, height: number): Block[] {
  const { snapshot, run } = drawing;
  const isServing = (environment: EnvironmentState) => hasServed(environment, run.folded.line.run);
  const serving = snapshot.environments
    .filter(isServing)
    .map((environment) => environmentBlock(drawing, environment));
  const unplaced = unplacedLines(drawing).map(
    (line): Block => ({ height: 1, lines: () => [line] }),
  );
  const isFlying = run.inFlight.size > 0;
  const wasStopped = run.folded.groups.some(({ outcome }) => outcome === "aborted");
  if (!isFlying && !wasStopped) return [...serving, ...unplaced];
  const room = height - heightOf(serving) - heightOf(unplaced);
  // One line stays for those in flight; when there are none, all can be scrolled to.
  const most = isFlying ? Math.max(0, room - 1) : snapshot.environments.length;
  const held = snapshot.environments
    .filter((environment) => !isServing(environment))
    .slice(0, most)
    .map((environment) => heldBlock(drawing, environment));
  const inOrder = [...serving, ...held].sort(
    (one, other) => one.environment.position - other.environment.position,
  );
  const flying = isFlying ? [inFlightBlock(drawing, room - heightOf(held))] : [];
  return [...inOrder, ...unplaced, ...flying];
}

function heightOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.height, 0);
}

/** An environment that may answer in this run: on one line, what it held when it answered last. */
function heldBlock(drawing: Drawing, environment: EnvironmentState): EnvironmentBlock {
  return { height: 1, lines: () => [heldLine(drawing, environment)], environment };
}

function heldLine(drawing: Drawing, environment: EnvironmentState): Line {
  const { last } = summarizeRun(environment);
  const isOfThis = last.experiment === drawing.run.folded.line.experiment;
  const words = isOfThis ? `last seen in run ${last.runIndex + 1}` : "seen before";
  const { globalData } = last.response;
  const globals =
    drawing.density === "lines"
      ? briefGlobals(drawing, globalData)
      : [{ text: globalDataText(globalData) }];
  const line = [
    { text: `${toWidth(` ${nameOf(drawing, environment)}  ${words}`, drawing.left - 1)} ` },
    clientSpan(drawing, last.client),
    ...globals,
  ];
  return line.map(({ text }) => ({ text, dim: true }));
}

function environmentBlock(drawing: Drawing, environment: EnvironmentState): EnvironmentBlock {
  // Of a thousand environments only those that are seen are looked at.
  if (drawing.density === "lines") {
    const lines = () => [compactLine(drawing, summarizeRun(environment))];
    return { height: 1, lines, environment };
  }
  const lines = environmentLines(drawing, summarizeRun(environment));
  return { height: lines.length, lines: () => lines, environment };
}

/**
 * Lanes, and under each of them its globals; globals that are alike once. Answers that followed one
 * another have one lane where there is no room for more, and the globals of the last.
 */
function environmentLines(drawing: Drawing, summary: RunSummary): Line[] {
  const { answers, last, atOnce, mostAtOnce } = summary;
  const isApart = drawing.density === "answers" || mostAtOnce > 1;
  const shown = isApart ? answers : [last];
  const laneOf = (answer: PlacedAnswer, row: number) => {
    const title = row === 0 ? titleOfEnvironment(drawing, summary) : "";
    return laneLine(drawing, title, isApart ? [answer] : answers, answerWords(answer, atOnce));
  };
  const texts = new Set(shown.map(({ response }) => globalDataText(response.globalData)));
  if (shown.length > 1 && texts.size === 1) {
    const words = `all ${inWords(shown.length)} answered `;
    return [...shown.map(laneOf), globalsLine(drawing, last, words)];
  }
  return shown.flatMap((answer, row) => [laneOf(answer, row), globalsLine(drawing, answer)]);
}

/** All of an environment on one line. */
function compactLine(drawing: Drawing, summary: RunSummary): Line {
  const { answers, last, mixed } = summary;
  const lane = laneLine(drawing, titleOfEnvironment(drawing, summary), answers, "");
  const words: Span = { text: mixed > 0 ? `${inWords(mixed)} mixed ` : "", colour: "red" };
  const globals = briefGlobals(drawing, last.response.globalData);
  return [...lane, ...lineToWidth([words, ...globals], drawing.globals)];
}

function titleOfEnvironment(drawing: Drawing, summary: RunSummary): string {
  const words = environmentWords(summary, drawing.isWide);
  return `${nameOf(drawing, summary.environment)}  ${words}`;
}

/** An environment's number and label. */
function nameOf({ snapshot, number }: Drawing, environment: EnvironmentState): string {
  return `${String(environment.position).padStart(number)}  ${snapshot.labels.get(environment.id)}`;
}

/** @param words what is said behind the bars */
function laneLine(
  drawing: Drawing,
  title: string,
  answers: readonly PlacedAnswer[],
  words: string,
): Line {
  const { left, right, axis } = drawing;
  const bars = answers.map(({ client, sentAt: from, answeredAt: until }) => {
    return { from, until, isOpen: false, colour: colourOf(drawing, client) };
  });
  return [
    { text: `${toWidth(` ${title}`, left - 1)} ` },
    ...answers.slice(-1).map(({ client }) => clientSpan(drawing, client)),
    ...barLine(axis, bars),
    { text: toWidth(words && ` ${words}`, right), colour: "red" },
  ];
}

function clientSpan(drawing: Drawing, client: string): Span {
  const text = `${toWidth(client, drawing.client - 1)} `;
  return { text, colour: colourOf(drawing, client) };
}

function colourOf({ snapshot }: Drawing, client: string): string {
  return clientColour(snapshot.clients, client);
}

function globalsLine(drawing: Drawing, { response }: PlacedAnswer, before = ""): Line {
  const parts = globalDataParts(response.globalData).map(({ text, client }) => ({
    text,
    colour: client === undefined ? undefined : colourOf(drawing, client),
  }));
  return [{ text: `    ${before}` }, ...parts];
}

/** Counter and latest clients alone, for lines that have no room for more. */
function briefGlobals(drawing: Drawing, { counter, clients, dropped = 0 }: GlobalData): Span[] {
  const latest = clients.slice(-SHOWN_NAMES);
  const isCut = latest.length < clients.length || dropped > 0;
  const names = latest.map((client, index): Span[] => [
    { text: index > 0 ? ", " : "" },
    { text: `"${printable(client)}"`, colour: colourOf(drawing, client) },
  ]);
  return [{ text: `counter ${counter}: ${isCut ? "… " : ""}` }, ...names.flat()];
}

/** Requests without an environment that are shown one by one, not by how they ended. */
const MOST_ONE_BY_ONE = 10;

function unplacedLines(drawing: Drawing): Line[] {
  const { density, left } = drawing;
  const { groups, unplaced } = drawing.run.folded;
  const line = (outcome: string, ...rest: Span[]): Line => {
    return [{ text: toWidth(` ${outcome}`, left), colour: "yellow" }, ...rest];
  };
  if (density !== "lines" && totalOf(groups) <= MOST_ONE_BY_ONE) {
    return unplaced.map(({ client, outcome, message = "" }) =>
      line(outcome, clientSpan(drawing, client), { text: printable(message), dim: true }),
    );
  }
  return groups.map(({ outcome, message, count }) => {
    const why = message && `: ${printable(message)}`;
    return line(outcome, { text: `${plural(count, "request")}${why}`, dim: true });
  });
}

function totalOf(groups: readonly { count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

/** Requests whose environment is not known yet: as many as there is room for, one at least. */
function inFlightBlock(drawing: Drawing, room: number): Block {
  const { run, left, axis, now } = drawing;
  const { inFlight } = run;
  const height = Math.max(1, Math.min(inFlight.size, room));
  const shown = height < inFlight.size ? height - 1 : height;
  const hidden = inWords(inFlight.size - shown);
  const rest = shown > 0 ? `… and ${hidden} more in flight` : `${hidden} in flight`;
  const lanes = () =>
    [...inFlight.entries().take(shown)].map(([index, from], row): Line => {
      const client = clientOf(run.folded.line.plan, index);
      const bar = { from, until: now, isOpen: true, colour: colourOf(drawing, client) };
      return [
        { text: toWidth(row === 0 ? " in flight" : "", left), dim: true },
        clientSpan(drawing, client),
        ...barLine(axis, [bar]),
      ];
    });
  const more: Line[] = shown < inFlight.size ? [[{ text: ` ${rest}`, dim: true }]] : [];
  return { height, lines: () => [...lanes(), ...more] };
}
