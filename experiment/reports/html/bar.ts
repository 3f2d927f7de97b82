/** One request of the picture. */

import type { Evidence } from "../../core/verdict/evidence.ts";
import { inWords } from "../numbers.ts";
import { round } from "./frame.ts";
import { html, type Markup } from "./html.ts";
import type { Bar } from "./lanes.ts";
import { PATTERNS } from "./palette.ts";

/** The width of a character, about, and what stands beside a name. */
const CHARACTER = 7;
const PADDING = 10;
const MARGIN = 2;
const NARROWEST = 1.5;

interface Place {
  /** Where a moment of the bar's run stands. */
  x: (ms: number) => number;
  top: number;
  height: number;
  /** The run's index. */
  run: number;
  look: { colour: number; pattern: number } | undefined;
  /** The environment's short name. */
  label: string | undefined;
}

/** A pale rectangle from sending to answer, in it the handler's own time, and as much text as fits. */
export function drawBar(bar: Bar, place: Place): Markup {
  const { evidence, from, until, insideFrom } = bar;
  const { x, look = { colour: 0, pattern: 0 } } = place;
  const [top, height] = [place.top + MARGIN, place.height - 2 * MARGIN];
  const left = round(x(from));
  const width = round(Math.max(NARROWEST, x(until) - x(from)));
  const start = insideFrom === undefined ? undefined : round(Math.max(left, x(insideFrom)));
  const inside = start === undefined ? 0 : round(Math.max(NARROWEST, left + width - start));
  const pattern = PATTERNS[look.pattern];
  const failed = evidence.report === undefined;
  return html`<g class="client-${look.colour}${bar.overlaps && " overlaps"}${failed && " failed"}"><title>${describe(bar, place)}</title><rect
 class="way" x="${left}" y="${top}" width="${width}" height="${height}" rx="3"/>${
   start !== undefined &&
   html`<rect class="inside" x="${start}" y="${top}" width="${inside}" height="${height}" rx="3"/>`
 }${
   start !== undefined &&
   pattern &&
   html`<rect class="pattern-${pattern}" x="${start}" y="${top}" width="${inside}" height="${height}"/>`
 }${label(bar, start ?? left, failed ? width : inside, top + height / 2 + 4)}</g>`;
}

/** The client's name and signs of what is special, as much as there is room for. */
function label({ evidence, overlaps }: Bar, left: number, width: number, y: number): Markup {
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

function describe({ evidence, from, until, overlaps }: Bar, { run, label: name }: Place): string {
  const { client, outcome, report } = evidence;
  const facts = [
    `${client}, run ${run + 1}`,
    report ? `environment ${name ?? report.environment}` : outcome,
    report && (report.coldStart ? "cold" : "warm"),
    `${inWords(from)} to ${inWords(until)} ms`,
    overlaps && "in one process with another request at the same time",
    report?.mixed && "globalData of another request",
  ];
  return facts.filter(Boolean).join(", ");
}
