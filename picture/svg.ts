/** A terminal's screens as an SVG that plays them: every character stands in the cell it had. */

import { fileURLToPath } from "node:url";

/** A picture of the README: where it is, and the terminal that it shows. */
export interface Picture {
  path: string;
  size: { columns: number; rows: number };
}

/** The reference experiment. */
export const REFERENCE: Picture = {
  path: fileURLToPath(new URL("../docs/screen.svg", import.meta.url)),
  size: { columns: 100, rows: 22 },
};
/** The same plan at each model, side by side. */
export const SIDE_BY_SIDE: Picture = {
  path: fileURLToPath(new URL("../docs/side-by-side.svg", import.meta.url)),
  size: { columns: 120, rows: 20 },
};

/** One cell of a terminal. */
export interface Cell {
  /** Empty behind a wide character. */
  text: string;
  /** Of the terminal's sixteen, 0 to 15; absent for the usual one. */
  colour?: number | undefined;
  bold: boolean;
  dim: boolean;
}

type Screen = readonly (readonly Cell[])[];

export interface Frame {
  screen: Screen;
  /** How long it is seen, in milliseconds. */
  ms: number;
}

/** Pixels of a cell, and around all of them. */
export const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;

/** The sixteen colours on a dark background and on a light one. */
const DARK = { background: "#14161b", text: "#d8dee9", palette: palette("66", "d0", "ff") };
const LIGHT = { background: "#fbfbfd", text: "#24292f", palette: palette("00", "90", "b0") };

/** Black to white, then the same brighter: every bit of a colour's number is a primary. */
function palette(low: string, high: string, bright: string): string[] {
  const mix = (number: number, on: string, off: string) =>
    `#${[1, 2, 4].map((bit) => (number & bit ? on : off)).join("")}`;
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
  return [
    ...numbers.map((number) => mix(number, high, low)),
    ...numbers.map((number) => mix(number, bright, low)),
  ];
}

/**
 * Draws the frames one after the other, for ever. A reader who wants no motion sees the last.
 *
 * @param title what the picture shows, for those who do not see it
 * @param record of the experiment that is seen: it stays in the picture, unseen
 */
export function toSvg(frames: readonly Frame[], title: string, record: string): string {
  const rows = new Map<string, number>();
  const drawn = frames.map(({ screen }) =>
    screen.map((row) => {
      const markup = rowMarkup(row);
      const id = rows.get(markup) ?? rows.size;
      rows.set(markup, id);
      return id;
    }),
  );
  const height = Math.max(...frames.map(({ screen }) => screen.length)) * CELL.height;
  const columns = Math.max(...frames.flatMap(({ screen }) => screen.map((row) => row.length)));
  const size = { width: columns * CELL.width + 2 * MARGIN, height: height + 2 * MARGIN };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(size.width)} ${round(size.height)}" role="img">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<metadata>${escapeMarkup(record)}</metadata>`,
    `<style>${styles(frames)}</style>`,
    "<defs>",
    ...[...rows].map(([markup, id]) => `<g id="r${id}">${markup}</g>`),
    "</defs>",
    '<rect width="100%" height="100%" rx="8" class="background"/>',
    ...drawn.map((ids, frame) => frameMarkup(ids, frame, frame === frames.length - 1)),
    "</svg>",
    "",
  ].join("\n");
}

function frameMarkup(ids: readonly number[], frame: number, isLast: boolean): string {
  const uses = ids.map((id, row) => {
    return `<use href="#r${id}" x="${MARGIN}" y="${round(MARGIN + (row + 0.75) * CELL.height)}"/>`;
  });
  return `<g class="frame${isLast ? " last" : ""}" style="animation-name:f${frame}">${uses.join("")}</g>`;
}

function rowMarkup(row: readonly Cell[]): string {
  return runsOf(row)
    .map(({ text, column, columns, classes }) => {
      const width = round(columns * CELL.width);
      return `<text x="${round(column * CELL.width)}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${classes && ` class="${classes}"`}>${escapeMarkup(text)}</text>`;
    })
    .join("");
}

interface Run {
  text: string;
  column: number;
  columns: number;
  classes: string;
}

/** Neighbours of one style, in pieces that no two blanks are in: renderers collapse those. */
function runsOf(row: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const [column, cell] of row.entries()) {
    const classes = classesOf(cell);
    const last = runs.at(-1);
    const isNext = last?.classes === classes && last.column + last.columns === column;
    if (last && isNext && !(last.text.endsWith(" ") && cell.text === " ")) {
      last.text += cell.text;
      last.columns += 1;
    } else if (cell.text.trim() !== "") {
      runs.push({ text: cell.text, column, columns: 1, classes });
    }
  }
  return runs.map((run) => {
    const text = run.text.trimEnd();
    return { ...run, text, columns: run.columns - (run.text.length - text.length) };
  });
}

function classesOf({ colour, bold, dim }: Cell): string {
  return [colour === undefined ? "" : `c${colour}`, bold ? "b" : "", dim ? "d" : ""]
    .filter(Boolean)
    .join(" ");
}

function styles(frames: readonly Frame[]): string {
  const total = frames.reduce((sum, { ms }) => sum + ms, 0);
  let elapsed = 0;
  const shown = frames.map(({ ms }, frame) => {
    const from = round((100 * elapsed) / total);
    elapsed += ms;
    const until = round((100 * elapsed) / total);
    const before = from > 0 ? "0%{visibility:hidden}" : "";
    const after = until < 100 ? `${until}%{visibility:hidden}` : "";
    return `@keyframes f${frame}{${before}${from}%{visibility:visible}${after}}`;
  });
  return [
    "text{font-size:14px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}",
    ".b{font-weight:bold}.d{opacity:.6}",
    ...theme(DARK),
    `@media(prefers-color-scheme:light){${theme(LIGHT).join("")}}`,
    `.frame{visibility:hidden;animation:${round(total / 1_000)}s step-end infinite}`,
    ...shown,
    "@media(prefers-reduced-motion:reduce){.frame{animation:none}.last{visibility:visible}}",
  ].join("");
}

function theme({ background, text, palette }: typeof DARK): string[] {
  const colours = palette.map((colour, number) => `.c${number}{fill:${colour}}`);
  return [`.background{fill:${background}}`, `text{fill:${text}}`, ...colours];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
