/** The picture of a series: environments from top to bottom, time from left to right. */

import type { Labels } from "../../records/environment-labels.ts";
import { environmentRows } from "../environment-rows.ts";
import { inWords, plural, seconds } from "../numbers.ts";
import type { Series } from "../recorded-experiment.ts";
import { drawBar } from "./bar.ts";
import { densityOf } from "./density.ts";
import { drawDensity } from "./density-picture.ts";
import {
  AXIS_HEIGHT,
  drawAxis,
  LABEL_WIDTH,
  laneName,
  PICTURE_WIDTH,
  TIME_WIDTH,
} from "./frame.ts";
import { html, type Markup, type Value } from "./html.ts";
import { type Layout, layOut } from "./lanes.ts";
import { looksOf, PATTERNS } from "./palette.ts";
import { timeScale } from "./time-scale.ts";

/** Beyond these, single requests can neither be seen nor told apart. */
const MOST_ROWS = 60;
const MOST_BARS = 1_200;
const ROW_HEIGHT = 24;
/** Rows of a density picture are as high as there is room for. */
const DENSITY_ROW_HEIGHT = { least: 8, most: 22, inAll: 480 };
const DENSITY_COLUMN_WIDTH = 6;

/** @param labels the environments' short names */
export function picture(series: Series, labels: Labels): Markup {
  const bars = series.runs.reduce((sum, { requests }) => sum + requests.length, 0);
  const layout = bars <= MOST_BARS ? layOut(series.runs) : undefined;
  return layout && layout.rows <= MOST_ROWS
    ? lanesPicture(series, layout, labels)
    : densityPicture(series, labels);
}

function lanesPicture(series: Series, layout: Layout, labels: Labels): Markup {
  const looks = looksOf(clientsOf(series));
  const scale = timeScale(
    layout.runs.map(({ wallMs }) => wallMs),
    TIME_WIDTH,
  );
  const height = layout.rows * ROW_HEIGHT;
  const lanes = layout.lanes.map(({ environment, firstRow, rows }, index) => {
    const name = environment === undefined ? "unknown" : (labels.get(environment) ?? "");
    const top = firstRow * ROW_HEIGHT;
    return html`<rect class="lane${index % 2 === 0 ? " even" : ""}" x="0" y="${top}"
 width="${PICTURE_WIDTH}" height="${rows * ROW_HEIGHT}"/><text class="lane-name" x="4"
 y="${top + ROW_HEIGHT / 2 + 4}">${laneName(name)}<title>${environment ?? "no environment is known"}</title></text>`;
  });
  const drawn = layout.runs.map(({ bars, index }, run) => {
    const left = LABEL_WIDTH + (scale.spans[run]?.left ?? 0);
    return bars.map((bar) =>
      drawBar(bar, {
        x: (ms) => left + ms * scale.pixelsPerMs,
        top: bar.row * ROW_HEIGHT,
        height: ROW_HEIGHT,
        run: index,
        look: looks.get(bar.evidence.client),
        label: labels.get(bar.evidence.report?.environment ?? ""),
      }),
    );
  });
  const title = `${plural(layout.lanes.length, "lane")}, ${plural(layout.runs.length, "run")}: which environment served which client when`;
  return html`<figure>
${frame(title, height, [lanes, drawAxis(series, scale, height), drawn])}
${legend(series, looks)}
<figcaption>A lane is an execution environment, in order of first use; a bar is a request, from
sending to answer on the runner's clock. Its full part is as long as the handler's own time, set
against the answer's arrival; the pale part before it is the way there, and a cold start where one
was. Environments that served two requests at once have a row for each of them.${
    layout.lanes.some(({ environment }) => environment === undefined) &&
    " A dashed bar is a request that no environment is known to have served."
  }</figcaption>
</figure>`;
}

function densityPicture(series: Series, labels: Labels): Markup {
  const rows = environmentRows(series.runs);
  const scale = timeScale(
    series.runs.map(({ conclusion }) => conclusion.wallMs),
    TIME_WIDTH,
  );
  const density = densityOf(
    series.runs,
    rows.map(({ id }) => id),
    scale.spans,
    { mostRows: MOST_ROWS, columnWidth: DENSITY_COLUMN_WIDTH },
  );
  const { least, most, inAll } = DENSITY_ROW_HEIGHT;
  const rowHeight = Math.min(most, Math.max(least, Math.floor(inAll / density.rows.length)));
  const height = density.rows.length * rowHeight;
  const perRow = density.rows[0]?.environments ?? 1;
  const each = perRow > 1 ? `${inWords(perRow)} environments` : "one environment";
  const title = `How many requests were in the handler in ${plural(rows.length, "environment")}, over time`;
  const drawn = drawDensity(density, scale, labels, rowHeight);
  return html`<figure>
${frame(title, height, [drawn, drawAxis(series, scale, height)])}
<figcaption>Too many requests to draw each. A row stands for ${each}, in order of first use; the
fuller its colour, the more requests were in the handler, up to ${aboutWords(density.most)} on average
over ${seconds(cellMs(scale.pixelsPerMs))}. A frame is around where a process served two at
once.</figcaption>
</figure>`;
}

/** By the runner's clock, so that a tenth more or less says nothing where there are several. */
function aboutWords(count: number): string {
  return count < 1 ? count.toFixed(1) : `about ${inWords(count)}`;
}

function cellMs(pixelsPerMs: number): number {
  return pixelsPerMs > 0 ? DENSITY_COLUMN_WIDTH / pixelsPerMs : 0;
}

function frame(title: string, height: number, content: readonly Value[]): Markup {
  return html`<div class="scroll" role="region" aria-label="Picture" tabindex="0"><svg
 viewBox="0 ${-AXIS_HEIGHT} ${PICTURE_WIDTH} ${height + 2 * AXIS_HEIGHT}" role="img"
 aria-label="${title}">
<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse"><path class="ink" d="M0 6L6 0"/></pattern><pattern
 id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle class="ink-dot" cx="3" cy="3" r="1"/></pattern><pattern
 id="grid" width="6" height="6" patternUnits="userSpaceOnUse"><path class="ink" d="M0 3H6M3 0V6"/></pattern></defs>
${content}</svg></div>`;
}

/** The clients of the plan, and whoever else is on the record. */
function clientsOf({ plan, runs }: Series): string[] {
  const others = runs.flatMap(({ requests }) => requests.map(({ client }) => client));
  return [...plan.clients, ...others];
}

const MOST_NAMES = 32;

function legend({ runs }: Series, looks: ReturnType<typeof looksOf>): Markup {
  const seen = new Set(runs.flatMap(({ requests }) => requests.map(({ client }) => client)));
  const named = [...looks].filter(([name]) => seen.has(name));
  const all = named.slice(0, MOST_NAMES);
  const names = all.map(
    ([name, { colour, pattern }]) => html`<li><svg class="key" viewBox="0 0 16 16"
 aria-hidden="true"><rect class="inside client-${colour}" width="16" height="16" rx="3"/>${
   PATTERNS[pattern] && html`<rect class="pattern-${PATTERNS[pattern]}" width="16" height="16"/>`
 }</svg>${name}</li>`,
  );
  const more = named.length - all.length;
  const isCold = runs.some(({ conclusion }) => conclusion.coldStarts > 0);
  const isShared = runs.some(({ conclusion }) => conclusion.overlaps > 0);
  const isMixed = runs.some(({ conclusion }) => conclusion.mixed > 0);
  return html`<ul class="legend">${names}${more > 0 && html`<li>and ${inWords(more)} more</li>`}
${isCold && html`<li><b class="sign">❄</b>cold start</li>`}
${isShared && html`<li><b class="sign bad">∥</b>with another in one process</li>`}
${isMixed && html`<li><b class="sign bad">≠</b>mixed globalData</li>`}</ul>`;
}
