/** Cells of the density picture: one path for all that are equally dark. */

import type { Labels } from "../../records/environment-labels.ts";
import { inWords } from "../numbers.ts";
import type { Density } from "./density.ts";
import { LABEL_WIDTH, laneName, round, TIME_WIDTH } from "./frame.ts";
import { html, type Markup } from "./html.ts";
import type { TimeScale } from "./time-scale.ts";

/** Steps of darkness above nothing. */
export const LEVELS = 6;
/** What a name needs, so that it does not touch the next one. */
const NAME_HEIGHT = 14;

export function drawDensity(
  { rows, runs, most }: Density,
  { spans }: TimeScale,
  labels: Labels,
  rowHeight: number,
): Markup[] {
  const paths = Array.from({ length: LEVELS + 1 }, () => [] as string[]);
  const marked: string[] = [];
  for (const [run, { columns, inFlight, overlaps }] of runs.entries()) {
    const { left = 0, width = 0 } = spans[run] ?? {};
    const columnWidth = width / columns;
    const cell = (from: number, until: number, row: number) =>
      rectangle(
        LABEL_WIDTH + left + from * columnWidth,
        row * rowHeight,
        (until - from) * columnWidth,
        rowHeight - 1,
      );
    for (const [row, values] of inFlight.entries()) {
      const level = (column: number) => levelOf(values[column] ?? 0, most);
      for (const [from, until] of stretches(columns, level)) {
        paths[level(from)]?.push(cell(from, until, row));
      }
      const mark = (column: number) => overlaps[row]?.[column] ?? 0;
      for (const [from, until] of stretches(columns, mark)) {
        if (mark(from) > 0) marked.push(cell(from, until, row));
      }
    }
  }
  const height = rows.length * rowHeight;
  const everyNth = Math.ceil(NAME_HEIGHT / rowHeight);
  const names = rows.map(({ first, environments }, row) => {
    if (first !== undefined && row % everyNth !== 0) return html``;
    const label = first === undefined ? "unknown" : (labels.get(first) ?? "");
    const name =
      environments > 1 ? `${laneName(label)} +${inWords(environments - 1)}` : laneName(label);
    return html`<text class="lane-name small" x="4" y="${row * rowHeight + rowHeight / 2 + 3}">${name}</text>`;
  });
  return [
    html`<rect class="lane even" x="${LABEL_WIDTH}" y="0" width="${TIME_WIDTH}" height="${height}"/>`,
    ...paths.map((path, level) =>
      level > 0 && path.length > 0
        ? html`<path class="level-${level}" d="${path.join("")}"/>`
        : html``,
    ),
    marked.length > 0 ? html`<path class="marked" d="${marked.join("")}"/>` : html``,
    ...names,
  ];
}

/** From 0, nothing, to {@link LEVELS}. */
function levelOf(value: number, most: number): number {
  return most > 0 ? Math.ceil((value / most) * LEVELS - 1e-9) : 0;
}

/** Neighbouring columns of which the same is true, from the first one up to the end. */
function* stretches(
  columns: number,
  said: (column: number) => number,
): Generator<[number, number]> {
  let from = 0;
  for (let column = 1; column <= columns; column += 1) {
    if (column < columns && said(column) === said(from)) continue;
    yield [from, column];
    from = column;
  }
}

function rectangle(x: number, y: number, width: number, height: number): string {
  const w = round(width);
  return `M${round(x)} ${y}h${w}v${height}h${-w}z`;
}
