/** The picture of a series: environments from top to bottom, time from left to right. */

import { inWords, plural } from "../../../basics/counts.ts";
import type { Evidence } from "../../core/verdict/evidence.ts";
import type { Labels } from "../../records/environment-labels.ts";
import type { Series } from "../../records/fold.ts";
import { range } from "../numbers.ts";
import { html, type Markup } from "./html.ts";
import { type Bar, type Layout, layOut, type Mark, xOf } from "./lane-layout.ts";
import { type Look, looksOf, PATTERNS } from "./page.ts";

/** In units of the picture, which are pixels at its natural size. */
const WIDTH = 1_000;
const LABEL_WIDTH = 104;
const AXIS_HEIGHT = 26;
/** The last mark of the axis is wider than its line. */
const RIGHT_MARGIN = 14;
const ROW_HEIGHT = 24;
/** Of a lane's name. */
const MOST_CHARACTERS = 13;
/** Below these widths of a run there is no room for its name, or its number. */
const ROOM_FOR_NAME = 44;
const ROOM_FOR_NUMBER = 16;
/** Of a bar: what is free above and below, the least width, and what stands beside its name. */
const MARGIN = 2;
const NARROWEST = 1.5;
const PADDING = 10;
/** The width of a character, about. */
const CHARACTER = 7;
/** Names in the legend. */
const MOST_NAMES = 32;

/**
 * @param name which tells it from the other pictures of a page
 * @param labels the environments' short names
 */
export function picture(name: string, series: Series, labels: Labels): Markup {
  const { runs } = series;
  const layout = layOut(runs, WIDTH - LABEL_WIDTH - RIGHT_MARGIN);
  const { lanes } = layout;
  const seen = new Set(runs.flatMap(({ requests }) => requests.map(({ client }) => client)));
  const looks = looksOf([...series.line.plan.clients, ...seen]);
  const marks = lanes.flatMap(({ firstRow, rows }) =>
    rows.flatMap((row, index) => row.map((mark) => ({ mark, row: firstRow + index }))),
  );
  const height = layout.rows * ROW_HEIGHT;
  const title = `${plural(lanes.length, "lane")}, ${plural(runs.length, "run")}: which environment served which client when`;
  return html`<figure>
<div class="scroll" role="region" aria-label="${name}" tabindex="0"><svg
 viewBox="0 ${-AXIS_HEIGHT} ${WIDTH} ${height + 2 * AXIS_HEIGHT}" role="img" aria-label="${title}">
<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse"><path class="ink" d="M0 6L6 0"/></pattern><pattern
 id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle class="ink-dot" cx="3" cy="3" r="1"/></pattern><pattern
 id="grid" width="6" height="6" patternUnits="userSpaceOnUse"><path class="ink" d="M0 3H6M3 0V6"/></pattern></defs>
${drawLanes(layout, labels)}${drawAxis(series, layout)}${marks.map(({ mark, row }) => drawMark(mark, { series, layout, looks, labels, row }))}</svg></div>
${legend(series, looks, seen)}
<figcaption>A lane is an execution environment, in order of first use; a bar is a request, from
sending to answer on the runner's clock. Its full part is as long as the handler's own time, set
against the answer's arrival; the pale part before it is the way there, and a cold start where one
was. Environments that served two requests at once have a row for each of them.${
    series.runnerCount > 1 &&
    " So have the requests of each runner: their times count from its own shot, by its own clock."
  }${
    lanes.some(({ environment }) => environment === undefined) &&
    " A dashed bar is a request that no environment is known to have served."
  }${
    marks.some(({ mark }) => mark.length > 1) &&
    " A grey bar is several requests, too short to be drawn apart."
  }${leftOut(series, layout)}</figcaption>
</figure>`;
}

/** Which part of everything is drawn, where it is not everything. */
function leftOut({ conclusion }: Series, { drawn, all }: Layout): string {
  if (drawn.requests === all.requests) return "";
  const drawnRequests = `${inWords(drawn.requests)} of ${plural(all.requests, "request")}`;
  const which = conclusion.overlaps > 0 ? "those that shared a process first" : "the first ones";
  const drawnEnvironments =
    drawn.environments < all.environments &&
    ` and ${inWords(drawn.environments)} of ${plural(all.environments, "environment")}, ${which}`;
  return ` Drawn are ${drawnRequests}${drawnEnvironments || ""}. The CSV and the record have all.`;
}

function drawLanes({ lanes }: Layout, labels: Labels): Markup[] {
  return lanes.map(({ environment, firstRow, rows }, index) => {
    const name = environment === undefined ? "unknown" : labels.get(environment);
    // Labels are as long as they must be to differ, so that their ends tell them apart.
    const cut = name.length > MOST_CHARACTERS ? `…${name.slice(1 - MOST_CHARACTERS)}` : name;
    const top = firstRow * ROW_HEIGHT;
    return html`<rect class="lane${index % 2 === 0 && " even"}" x="0" y="${top}"
 width="${WIDTH}" height="${rows.length * ROW_HEIGHT}"/><text class="lane-name" x="4"
 y="${top + ROW_HEIGHT / 2 + 4}">${cut}<title>${environment ?? "no environment is known"}</title></text>`;
  });
}

/** The runs' names above, and the marks of time below. */
function drawAxis({ runs }: Series, { scale, rows }: Layout): Markup[] {
  const height = rows * ROW_HEIGHT;
  return runs.map(({ line, conclusion }, run) => {
    const width = conclusion.wallMs * scale.pixelsPerMs;
    const number = `${line.index + 1}`;
    const name = width >= ROOM_FOR_NAME ? `Run ${number}` : width >= ROOM_FOR_NUMBER ? number : "";
    const ticks = Math.floor(conclusion.wallMs / scale.tickMs);
    const marks = Array.from({ length: ticks + 1 }, (_, tick) => {
      const ms = tick * scale.tickMs;
      const x = round(LABEL_WIDTH + xOf(scale, run, ms));
      return html`<path class="tick" d="M${x} 0V${height + 4}"/><text class="time" x="${x}"
 y="${height + 17}">${Number((ms / 1_000).toFixed(3))} s</text>`;
    });
    return html`<text class="run-name" x="${round(LABEL_WIDTH + xOf(scale, run, 0))}" y="-9">${name}</text>${marks}`;
  });
}

interface Place {
  series: Series;
  layout: Layout;
  looks: ReadonlyMap<string, Look>;
  labels: Labels;
  row: number;
}

/** A pale rectangle from sending to answer, in it the handler's own time, and as much text as fits. */
function drawMark(mark: Mark, place: Place): Markup {
  const { looks, layout, row } = place;
  const [first] = mark;
  const last = mark.at(-1) ?? first;
  const x = (run: number, ms: number) => round(LABEL_WIDTH + xOf(layout.scale, run, ms));
  const left = x(first.run, first.from);
  const width = round(Math.max(NARROWEST, x(last.run, last.until) - left));
  const failed = mark.every(({ evidence }) => evidence.report === undefined);
  const isOne = mark.length === 1;
  const inHandler = failed ? undefined : first.from;
  const insideFrom = isOne ? first.insideFrom : inHandler;
  const start = insideFrom === undefined ? undefined : Math.max(left, x(first.run, insideFrom));
  const inside = start === undefined ? 0 : round(Math.max(NARROWEST, left + width - start));
  const top = row * ROW_HEIGHT + MARGIN;
  const height = ROW_HEIGHT - 2 * MARGIN;
  const look = isOne ? looks.get(first.evidence.client) : undefined;
  const pattern = look && PATTERNS[look.pattern];
  const classes = [
    look ? `client-${look.colour}` : "several",
    mark.some(({ overlaps }) => overlaps) && "overlaps",
    failed && "failed",
  ];
  return html`<g class="${classes.filter(Boolean).join(" ")}"><title>${describe(mark, place)}</title><rect
 class="way" x="${left}" y="${top}" width="${width}" height="${height}" rx="3"/>${
   start !== undefined &&
   html`<rect class="inside" x="${start}" y="${top}" width="${inside}" height="${height}" rx="3"/>`
 }${
   start !== undefined &&
   pattern &&
   html`<rect class="pattern-${pattern}" x="${start}" y="${top}" width="${inside}" height="${height}"/>`
 }${isOne && drawName(first, start ?? left, failed ? width : inside, top + height / 2 + 4)}</g>`;
}

/** The client's name and signs of what is special, as much as there is room for. */
function drawName({ evidence, overlaps }: Bar, left: number, width: number, y: number): Markup {
  const signs = signsOf(evidence, overlaps);
  const name = [...evidence.client];
  const room = Math.floor((width - PADDING) / CHARACTER) - (signs ? [...signs].length + 1 : 0);
  if (room < 1 && (!signs || width < PADDING)) return html``;
  const shown = name.length <= room ? name.join("") : name.slice(0, Math.max(0, room - 1)).join("");
  const cut = name.length > room && room > 1 ? `${shown}…` : shown;
  return html`<text class="on-bar" x="${round(left + PADDING / 2)}" y="${y}">${[cut, signs].filter(Boolean).join(" ")}</text>`;
}

function signsOf({ report }: Evidence, overlaps: boolean): string {
  return `${report?.coldStart ? "❄" : ""}${overlaps ? "∥" : ""}${report?.mixed ? "≠" : ""}`;
}

/** All that is known of a bar, for a reader who points at it. */
function describe(mark: Mark, { series, labels }: Place): string {
  const [{ evidence, from, until }] = mark;
  const { client, outcome, report } = evidence;
  const isOne = mark.length === 1;
  const numbers = series.runs.map(({ line }) => line.index + 1);
  const runs = mark.flatMap(({ run }) => numbers[run] ?? []);
  const facts = [
    isOne ? client : plural(mark.length, "request"),
    `run ${range(runs, inWords)}`,
    report ? `environment ${labels.get(report.environment)}` : outcome,
    isOne && report && (report.coldStart ? "cold" : "warm"),
    isOne && `${inWords(from)} to ${inWords(until)} ms`,
    evidence.runner !== undefined && `fired by ${evidence.runner}`,
    mark.some(({ overlaps }) => overlaps) && "in one process with another request at the same time",
    mark.some((bar) => bar.evidence.report?.mixed) && "globalData of another request",
  ];
  return facts.filter(Boolean).join(", ");
}

/** @param seen the clients of which there are requests */
function legend(
  { runs }: Series,
  looks: ReadonlyMap<string, Look>,
  seen: ReadonlySet<string>,
): Markup {
  const named = [...looks].filter(([name]) => seen.has(name));
  const names = named.slice(0, MOST_NAMES).map(
    ([name, { colour, pattern }]) => html`<li><svg class="key" viewBox="0 0 16 16"
 aria-hidden="true"><rect class="inside client-${colour}" width="16" height="16" rx="3"/>${
   PATTERNS[pattern] && html`<rect class="pattern-${PATTERNS[pattern]}" width="16" height="16"/>`
 }</svg>${name}</li>`,
  );
  const more = named.length - names.length;
  const isCold = runs.some(({ conclusion }) => conclusion.coldStarts > 0);
  const isShared = runs.some(({ conclusion }) => conclusion.overlaps > 0);
  const isMixed = runs.some(({ conclusion }) => conclusion.mixed > 0);
  return html`<ul class="legend">${names}${more > 0 && html`<li>and ${inWords(more)} more</li>`}
${isCold && html`<li><b class="sign">❄</b>cold start</li>`}
${isShared && html`<li><b class="sign bad">∥</b>with another in one process</li>`}
${isMixed && html`<li><b class="sign bad">≠</b>mixed globalData</li>`}</ul>`;
}

/** Coordinates do not need more digits, and a page with thousands of them is smaller. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
