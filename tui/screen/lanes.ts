/**
 * The run as blocks of lines: one for each environment that served it in order of first use, then
 * requests that ended without one, then those in flight. Only the blocks that are looked at are
 * drawn.
 */

import { globalDataText } from "../../experiment/reports/global-data-text.ts";
import { inWords } from "../../experiment/reports/numbers.ts";
import type { EnvironmentState, RunState, Snapshot } from "../state.ts";
import { type Line, lineToWidth } from "../terminal/styled-text.ts";
import {
  answerWords,
  environmentWords,
  type RunSummary,
  served,
  summarizeRun,
} from "../views/environment-words.ts";
import { axisEnd } from "../views/time-axis.ts";
import type { Density, LaneColumns } from "./lane-columns.ts";
import {
  briefGlobals,
  globalsLine,
  globalsSpans,
  groupLine,
  inFlightLine,
  type LaneContext,
  laneLine,
  unplacedLine,
} from "./lane-lines.ts";

/** Requests without an environment that are shown one by one, not by how they ended. */
const MOST_ONE_BY_ONE = 10;

/** Lines that belong together. */
export interface Block {
  height: number;
  /** Draws it. */
  lines: () => Line[];
  /** The environment that it shows, if it shows one. */
  environment?: EnvironmentState;
}

export function laneContext(
  snapshot: Snapshot,
  run: RunState,
  columns: LaneColumns,
  density: Density,
): LaneContext {
  const now = run.wallMs ?? (run.isLive ? snapshot.now - run.shotAt : run.lastAnsweredAt);
  const axis = { width: columns.bars, endMs: axisEnd(run.plan.holdMs, now) };
  return { snapshot, run, columns, axis, now, density };
}

/**
 * The closest look at which the run fits. It rests on what will be there, not on what already is,
 * so that nothing is laid out anew while answers arrive.
 */
export function chooseDensity({ environments }: Snapshot, run: RunState, height: number): Density {
  if (2 * run.requests <= height) return "answers";
  const known = environments.filter((environment) => served(environment, run.id)).length;
  return 2 * Math.max(known, run.burst) <= height ? "environments" : "lines";
}

/** @param height how many lines there are for all blocks; those in flight fill what is left */
export function laneBlocks(context: LaneContext, height: number): Block[] {
  const { snapshot, run } = context;
  const blocks = [
    ...snapshot.environments
      .filter((environment) => served(environment, run.id))
      .map((environment) => environmentBlock(context, environment)),
    ...unplacedBlocks(context),
  ];
  const taken = blocks.reduce((sum, block) => sum + block.height, 0);
  if (run.inFlight.size > 0) blocks.push(inFlightBlock(context, height - taken));
  return blocks;
}

function environmentBlock(context: LaneContext, environment: EnvironmentState): Block {
  if (context.density === "lines") {
    return { height: 1, lines: () => [compactLine(context, environment)], environment };
  }
  const summary = summarizeRun(environment, context.run.id);
  const isApart = context.density === "answers" || summary.mostAtOnce > 1;
  const lines = isApart
    ? answerLines(context, environment, summary)
    : environmentLines(context, environment, summary);
  return { height: lines.length, lines: () => lines, environment };
}

/** Every answer a lane and its globals; globals that are alike once. */
function answerLines(
  context: LaneContext,
  environment: EnvironmentState,
  summary: RunSummary,
): Line[] {
  const { answers, atOnce } = summary;
  const title = titleOf(context, environment, summary);
  const lanes = answers.map((answer, row) =>
    laneLine(context, row === 0 ? title : "", [answer], answerWords(answer, atOnce)),
  );
  const globals = answers.map(({ response }) => response.globalData);
  const [first] = globals;
  if (first && globals.length > 1 && new Set(globals.map(globalDataText)).size === 1) {
    const words = `all ${inWords(globals.length)} answered `;
    return [...lanes, [{ text: `    ${words}` }, ...globalsSpans(context, first)]];
  }
  return lanes.flatMap((lane, row) => [lane, globalsLine(context, globals[row])]);
}

/** All answers on one lane, since they followed one another, and the globals of the last. */
function environmentLines(
  context: LaneContext,
  environment: EnvironmentState,
  summary: RunSummary,
): Line[] {
  const { answers } = summary;
  const lane = laneLine(context, titleOf(context, environment, summary), answers, "");
  return [lane, globalsLine(context, answers.at(-1)?.response.globalData)];
}

function compactLine(context: LaneContext, environment: EnvironmentState): Line {
  const { run, columns } = context;
  const summary = summarizeRun(environment, run.id);
  const { answers, mixed } = summary;
  const last = answers.at(-1);
  const lane = laneLine(context, titleOf(context, environment, summary), answers, "");
  const words = mixed > 0 ? `${inWords(mixed)} mixed ` : "";
  const globals = last ? briefGlobals(context, last.response.globalData) : [];
  return [...lane, ...lineToWidth([{ text: words, colour: "red" }, ...globals], columns.globals)];
}

function titleOf(
  { snapshot, columns }: LaneContext,
  environment: EnvironmentState,
  summary: RunSummary,
): string {
  const number = String(environment.position).padStart(columns.position);
  const label = snapshot.labels.get(environment.id) ?? "";
  return `${number}  ${label}  ${environmentWords(environment, summary, columns.isWide)}`;
}

function unplacedBlocks(context: LaneContext): Block[] {
  const { run, density } = context;
  const total = run.groups.reduce((sum, { count }) => sum + count, 0);
  return density !== "lines" && total <= MOST_ONE_BY_ONE
    ? run.unplaced.map((observation) => oneLine(unplacedLine(context, observation)))
    : run.groups.map((group) => oneLine(groupLine(context, group)));
}

function oneLine(line: Line): Block {
  return { height: 1, lines: () => [line] };
}

/** Requests whose environment is not known yet: as many as there is room for, one at least. */
function inFlightBlock(context: LaneContext, room: number): Block {
  const { inFlight } = context.run;
  const height = Math.max(1, Math.min(inFlight.size, room));
  const shown = height < inFlight.size ? height - 1 : height;
  const hidden = inFlight.size - shown;
  return {
    height,
    lines: () => {
      const requests = inFlight.entries().take(shown);
      const lanes = [...requests].map(([index, sentAt], row) =>
        inFlightLine(context, index, sentAt, row === 0),
      );
      const rest = `${shown > 0 ? "… and " : ""}${inWords(hidden)} ${shown > 0 ? "more " : ""}in flight`;
      return hidden > 0 ? [...lanes, [{ text: ` ${rest}`, dim: true }]] : lanes;
    },
  };
}
