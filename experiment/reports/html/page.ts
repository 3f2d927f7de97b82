/** A page: one file that loads nothing and runs nothing, how it looks, and how clients are told apart. */

import { createHash } from "node:crypto";
import { VERSION } from "../../version.ts";
import { utcTime } from "../numbers.ts";
import { html, Markup, type Value } from "./html.ts";

/**
 * Clients' colours. In the light scheme white text on one, and it on white, have a contrast of 4.5 and
 * more; in the dark scheme the text on it is dark.
 */
const PALETTE = [
  { light: "#0b62a8", dark: "#7cb8f5" },
  { light: "#9a4a00", dark: "#f2a65e" },
  { light: "#00694c", dark: "#63d4a9" },
  { light: "#a3195b", dark: "#f593c6" },
  { light: "#5b3fb0", dark: "#b9a8ff" },
  { light: "#5c5700", dark: "#d8d26a" },
  { light: "#00667a", dark: "#66d3e8" },
  { light: "#4a5568", dark: "#b8c2d0" },
];
/** A plain one and three patterns: after that colours and patterns repeat. */
export const PATTERNS = ["", "stripes", "dots", "grid"] as const;

/** How a client is told apart: by a colour, by a pattern where colours run out, and by its name. */
export interface Look {
  colour: number;
  pattern: number;
}

/** Which colour and pattern a client has, by its place among the clients. */
export function looksOf(clients: readonly string[]): Map<string, Look> {
  const names = [...new Set(clients)];
  return new Map(
    names.map((name, place) => [
      name,
      {
        colour: place % PALETTE.length,
        pattern: Math.floor(place / PALETTE.length) % PATTERNS.length,
      },
    ]),
  );
}

/** The colours as custom properties `--client-0` and so on. */
function paletteCss(scheme: "light" | "dark"): string {
  return PALETTE.map((colours, index) => `--client-${index}: ${colours[scheme]};`).join(" ");
}

/** What gives an element its client's colour. */
const PALETTE_CLASSES = PALETTE.map(
  (_, index) => `.client-${index} { --own: var(--client-${index}); }`,
).join("\n");

const LIGHT_SCHEME = `
  --page: #ffffff; --text: #1a202c; --muted: #4a5568; --line: #cbd2dc; --even: #f3f5f8;
  --accent: #0b62a8; --on-bar: #ffffff; --ink: #ffffff59;
  --isolated: #0b5d8f; --shared: #7d3596; --inconclusive: #555e6b;
  --bad: #b3261e; --doubt: #7a4f00;
  ${paletteCss("light")}`;
const DARK_SCHEME = `
  --page: #11151c; --text: #e6e9ef; --muted: #aab4c2; --line: #3a4352; --even: #1a2029;
  --accent: #7cb8f5; --on-bar: #10131a; --ink: #10131a59;
  --isolated: #72c3f2; --shared: #dba4f2; --inconclusive: #b3bcc9;
  --bad: #ff9b90; --doubt: #f0c060;
  ${paletteCss("dark")}`;

/** In both colour schemes, on paper, and with contrasts of 4.5 and more. */
const STYLE = `
:root { color-scheme: light dark; ${LIGHT_SCHEME} }
@media (prefers-color-scheme: dark) { :root { ${DARK_SCHEME} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 3rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.05rem; font-weight: 600; margin: 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; } header p { max-width: none; }
code, td.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
.muted, figcaption, footer { color: var(--muted); }
figcaption, footer { font-size: .875rem; max-width: 50rem; }
.verdict { border-inline-start: .35rem solid var(--own); padding: .1rem 0 .2rem 1.1rem; margin: 1.2rem 0; }
.verdict .title { color: var(--own); font-size: 2.1rem; line-height: 1.2; font-weight: 750; letter-spacing: .01em; margin: 0; }
.verdict h2 { margin: 0; } .verdict .finding { font-size: 1.15rem; }
.isolated { --own: var(--isolated); } .shared { --own: var(--shared); }
.inconclusive { --own: var(--inconclusive); }
.figures { display: flex; flex-wrap: wrap; gap: .9rem 1.1rem; margin: 1.2rem 0; padding: 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--muted); font-size: .875rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0; }
.facts dt { color: var(--muted); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.notes { border: 1px solid var(--doubt); border-radius: .4rem; padding: .5rem 1rem; margin: 1rem 0; }
.notes ul { margin: .2rem 0; padding-inline-start: 1.2rem; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; width: 100%; }
caption { text-align: start; color: var(--muted); font-size: .875rem; padding-bottom: .4rem; }
th, td { text-align: start; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); }
thead th { border-bottom-width: 2px; white-space: nowrap; }
td.number, th.number { text-align: end; }
tbody th { font-weight: 500; }
td.code { overflow-wrap: anywhere; min-width: 16rem; }
td.keep, span.keep, time { white-space: nowrap; }
.number + :not(.number) { padding-inline-start: .6rem; }
.bad { color: var(--bad); font-weight: 650; } .doubt { color: var(--doubt); font-weight: 600; }
figure { margin: .8rem 0 1.4rem; }
figure svg[role] { display: block; width: 100%; min-width: 44rem; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
.lane { fill: transparent; } .lane.even { fill: var(--even); }
.lane-name { font-family: ui-monospace, Menlo, Consolas, monospace; }
svg .run-name { font-weight: 650; } svg .time { fill: var(--muted); font-size: 11px; text-anchor: middle; }
.tick { stroke: var(--line); stroke-width: 1; fill: none; }
.way { fill: color-mix(in srgb, var(--own) 22%, var(--page)); stroke: var(--own); }
.inside { fill: var(--own); } .several { --own: var(--muted); }
.failed .way { fill: var(--page); stroke: var(--text); stroke-dasharray: 3 2; }
.overlaps .way { stroke: var(--shared); stroke-width: 2; }
svg .on-bar { fill: var(--on-bar); paint-order: stroke; stroke: var(--own); stroke-width: 3px; stroke-linejoin: round; }
svg .failed .on-bar { fill: var(--text); stroke: var(--page); }
.ink { stroke: var(--ink); stroke-width: 2; fill: none; } .ink-dot { fill: var(--ink); }
.pattern-stripes { fill: url(#stripes); } .pattern-dots { fill: url(#dots); } .pattern-grid { fill: url(#grid); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; list-style: none; margin: .6rem 0; padding: 0; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.key { width: 1rem; height: 1rem; border-radius: 3px; } .sign { font-weight: 700; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .8rem; }
${PALETTE_CLASSES}
@media print {
  :root { color-scheme: light; ${LIGHT_SCHEME} }
  body { max-width: none; padding: 0; font-size: 10pt; }
  svg, .notes, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll { overflow: visible; } figure svg[role] { min-width: 0; }
  h2, h3, caption { break-after: avoid; } tr, figure, .verdict { break-inside: avoid; }
  thead { display: table-header-group; } td.code { min-width: 0; }
}
`;

/** Only this style is obeyed: whatever else stands in the page, it loads and runs nothing. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** @param title of the window; text */
export function documentOf(title: string, content: Value): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Lambda Concurrency Test ${VERSION}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${content}
<footer>Computed from the record alone by Lambda Concurrency Test ${VERSION}.</footer>
</body>
</html>
`;
  return page.toString();
}

/** Words in which no option of a command, such as `--seed 1`, is broken over two lines. */
export function unbroken(words: string): Value {
  return words
    .split(/(--[a-z][a-z-]*(?: \d+)?)/)
    .map((part, at) => (at % 2 === 1 ? html`<span class="keep">${part}</span>` : part));
}

/** A moment of the record, to the minute, as programs read it too. */
export function time(iso: string): Markup {
  return html`<time datetime="${iso}">${utcTime(iso)}</time>`;
}
