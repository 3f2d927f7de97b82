/** The body while a run is fired and after it: a title with the time axis, and the visible blocks. */

import { inWords, plural, seconds } from "../../experiment/reports/numbers.ts";
import { laneColumns } from "../screen/lane-columns.ts";
import type { LaneContext } from "../screen/lane-lines.ts";
import { type Block, chooseDensity, laneBlocks, laneContext } from "../screen/lanes.ts";
import { positionWords, scrollTo } from "../screen/scroll.ts";
import type { EnvironmentState, RunState, Snapshot } from "../state.ts";
import { type Line, toWidth } from "../terminal/styled-text.ts";
import { axisLabels } from "./time-axis.ts";

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

/**
 * Draws what is visible of a run.
 *
 * @param selected the selected environment's id
 * @param offset the first visible line of the last frame
 */
export function runPicture(
  snapshot: Snapshot,
  run: RunState,
  room: { columns: number; height: number },
  { selected, offset }: { selected: string | undefined; offset: number },
): RunPicture {
  const density = chooseDensity(snapshot, run, room.height - 1);
  const columns = laneColumns(room.columns, density, snapshot.environments.length);
  const context = laneContext(snapshot, run, columns, density);
  const header = headerLines(context);
  const height = Math.max(0, room.height - header.length);
  const blocks = laneBlocks(context, height);
  const starts = startsOf(blocks);
  const total = starts.at(-1) ?? 0;
  const environments = blocks.flatMap(({ environment }) => environment ?? []);
  const index = environments.findIndex(({ id }) => id === selected);
  const range =
    index < 0 ? { start: 0, end: 0 } : { start: starts[index] ?? 0, end: starts[index + 1] ?? 0 };
  // Past the last environment comes what has none; it is seen from there.
  const isLast = index >= 0 && index === environments.length - 1;
  const end = isLast ? total : range.end;
  const shift = scrollTo({ offset, height, total }, { start: range.start, end });
  const visible = visibleBlocks(blocks, starts, shift, height);
  return {
    lines: [...header, ...drawBlocks(visible, starts, shift, index).slice(0, height)],
    offset: shift,
    environments,
    page: visible.filter(({ block }) => block.environment).length,
    position: positionOf(visible, environments.length),
  };
}

/** Where each block begins, and behind the last where all end. */
function startsOf(blocks: readonly Block[]): number[] {
  const starts = [0];
  for (const { height } of blocks) starts.push((starts.at(-1) ?? 0) + height);
  return starts;
}

type Visible = { block: Block; index: number }[];

function visibleBlocks(
  blocks: readonly Block[],
  starts: readonly number[],
  shift: number,
  height: number,
): Visible {
  return blocks
    .map((block, index) => ({ block, index }))
    .filter(({ index }) => {
      return (starts[index + 1] ?? 0) > shift && (starts[index] ?? 0) < shift + height;
    });
}

function drawBlocks(
  visible: Visible,
  starts: readonly number[],
  shift: number,
  selected: number,
): Line[] {
  return visible.flatMap(({ block, index }) => {
    const lines = index === selected ? marked(block.lines()) : block.lines();
    return lines.slice(Math.max(0, shift - (starts[index] ?? 0)));
  });
}

/** The selected block has a mark in its first column, and its title is bold. */
function marked([first, ...rest]: Line[]): Line[] {
  const [title, ...spans] = first ?? [];
  if (!title) return rest;
  return [[{ ...title, text: `▸${title.text.slice(1)}`, bold: true }, ...spans], ...rest];
}

function positionOf(visible: Visible, environments: number): string | undefined {
  const seen = visible.filter(({ block }) => block.environment);
  const [first] = seen;
  const last = seen.at(-1);
  if (!first || !last) return undefined;
  const words = positionWords(first.index + 1, last.index + 1, environments);
  return words && `${words} environments`;
}

function headerLines(context: LaneContext): Line[] {
  const { columns, axis, run, density } = context;
  const width = columns.left + columns.client;
  const title: Line = [
    { text: toWidth(` ${runTitle(context)}`, width), bold: true },
    { text: axisLabels(axis), dim: true },
  ];
  if (density !== "lines") return [title];
  return [title, [{ text: ` ${countsOf(run)}` }], [{ text: ` ${latenciesOf(run)}`, dim: true }]];
}

function runTitle({ snapshot, run, now, density, columns }: LaneContext): string {
  const { activity, pausedUntil } = snapshot;
  const answered = `${inWords(run.answered)} of ${inWords(run.requests)}`;
  const role = run.role === "control" ? "control, " : "";
  const which = `${role}run ${run.index + 1} of ${run.plan.stages.length}`;
  if (activity === "pausing" && pausedUntil !== undefined) {
    const waitingMs = Math.max(0, pausedUntil - snapshot.now);
    return `${which} · next in ${inWords(Math.ceil(waitingMs / 1_000))} s`;
  }
  return [
    which,
    ...(activity === "stopping" ? ["stopping"] : []),
    ...(density === "lines"
      ? []
      : [...temperature(run), columns.isWide ? `${answered} answered` : answered]),
    seconds(now),
  ].join(" · ");
}

function temperature({ cold, warm }: RunState): string[] {
  if (cold > 0 && warm > 0) return [`${inWords(cold)} cold`];
  if (cold > 0) return ["cold"];
  return warm > 0 ? ["warm"] : [];
}

function countsOf(run: RunState): string {
  const { requests, answered, cold, warm, groups } = run;
  const outcomes = Map.groupBy(groups, ({ outcome }) => outcome);
  return [
    `${inWords(answered)} of ${plural(requests, "request")} answered`,
    ...(cold + warm > 0 ? [`${inWords(cold)} cold`] : []),
    ...[...outcomes].map(([outcome, alike]) => {
      return `${inWords(alike.reduce((sum, { count }) => sum + count, 0))} ${outcome}`;
    }),
  ].join(" · ");
}

function latenciesOf({ latencies, inFlight }: RunState): string {
  const at = (percentile: number) => seconds(latencies.percentile(percentile) / 1_000);
  const flying = inFlight.size > 0 ? ` · ${inWords(inFlight.size)} in flight` : "";
  if (latencies.count === 0) return `nothing answered yet${flying}`;
  return `p50 ${at(50)} · p95 ${at(95)} · max ${seconds(latencies.max / 1_000)}${flying}`;
}
