/** The page of a check: what was found, with the answers side by side. */

import { plural } from "../../basics/counts.ts";
import { noteList } from "../../experiment/reports/html/experiment-page.ts";
import { html, type Markup, type Value } from "../../experiment/reports/html/html.ts";
import { documentOf, time, unbroken } from "../../experiment/reports/html/page.ts";
import { facts, htmlTable } from "../../experiment/reports/html/tables.ts";
import { escaped, type Place, placeWords } from "./places.ts";
import type { CheckedAnswer, CheckReport, CheckVerdict, Finding } from "./report.ts";
import {
  checkVerdictWords,
  eventWords,
  findingEvidence,
  findingTitle,
  roundsWords,
  UNSEEN,
} from "./report-text.ts";

const MOST_ROWS = 200;
const LONGEST_VALUE = 2_000;
const MOST_LOG_LINES = 200;

/** The colour of each verdict, by its class. */
const LOOKS: Record<CheckVerdict, "shared" | "inconclusive" | "isolated"> = {
  mixed: "shared",
  failed: "shared",
  changed: "shared",
  inconclusive: "inconclusive",
  history: "isolated",
  unchanged: "isolated",
};

export function reportPage(report: CheckReport): string {
  const { verdict, findings, reasons, startedAt, handler, model } = report;
  return documentOf(
    `${verdict.toUpperCase()}: ${handler}`,
    html`<header>
<h1>Does ${handler} survive sharing a process?</h1>
<p class="muted">${model} · ${time(startedAt)}</p>
</header>
<main>
<section class="verdict ${LOOKS[verdict]}">
<p class="title">${verdict.toUpperCase()}</p>
<p class="finding">${checkVerdictWords(report)}</p>
<p>${unbroken(roundsWords(report))}</p>
</section>
${noteList("What keeps it from being conclusive", reasons)}
${report.events.map(failureTable)}
${findings.map((finding, at) => findingSection(report, finding, at + 1))}
<h2>Events</h2>
${eventsTable(report)}
<h2>What was checked</h2>
${facts([
  ["Code", html`<code>${report.code}</code>`],
  ["Handler", html`<code>${handler}</code>`],
  ["Model", model],
  ["SHA-256 of the code", html`<code>${report.codeSha256}</code>`],
  ["Seed", String(report.seed)],
])}
<h2>What it cannot see</h2>
<p>${UNSEEN}</p>
</main>`,
  );
}

/** @param number tells its tables from those of other findings */
function findingSection(report: CheckReport, finding: Finding, number: number): Markup {
  const { log, round } = finding;
  return html`<section>
<h2>${findingTitle(finding)}</h2>
<p>Shown is ${findingEvidence(finding)}.</p>
${answersTable(report, finding, number)}
${logTable(`${number}: what was logged in round ${round}.`, log)}
</section>`;
}

/** The log of an event that failed alone. */
function failureTable({ name, failures }: CheckReport["events"][number]): Value {
  return logTable(`What was logged when "${name}" failed alone.`, failures.log);
}

function logTable(caption: string, log: readonly string[]): Value {
  if (log.length === 0) return "";
  const shown = log.slice(0, MOST_LOG_LINES);
  const more = log.length - shown.length;
  return html`${htmlTable(
    caption,
    [
      { name: "Line", kind: "number", cell: (at: number) => at + 1 },
      { name: "Text", kind: "code", cell: (at: number) => shown[at] },
    ],
    [...shown.keys()],
  )}${more > 0 && html`<p>And ${plural(more, "more line")}.</p>`}`;
}

/** Both answers, place by place. */
function answersTable(
  { events }: CheckReport,
  { event, phase, places, answers }: Finding,
  number: number,
): Markup {
  const [alone, now] = [leavesOf(answers.alone), leavesOf(answers.now)];
  const all = [...new Set([...alone.keys(), ...now.keys()])];
  const odd = new Map(places.map((place) => [place.place, place]));
  // What is told of comes first.
  const sorted = [
    ...all.filter((place) => odd.has(place)),
    ...all.filter((place) => !odd.has(place)),
  ];
  const shown = sorted.slice(0, MOST_ROWS);
  const volatile = events.find(({ name }) => name === event)?.volatile ?? [];
  const remark = (place: Place): Value => {
    const { mark, of } = odd.get(place) ?? {};
    if (mark !== undefined) {
      return html`<span class="bad">holds "${mark}", which belongs to "${of}"</span>`;
    }
    if (alone.get(place) === now.get(place)) return "";
    if (volatile.includes(place)) return "other each time";
    return html`<span class="bad">differs</span>`;
  };
  const left = sorted.length - shown.length;
  return html`${htmlTable(
    `${number}: the answer to "${event}", alone and ${phase}.`,
    [
      { name: "Place", cell: placeWords },
      { name: "Alone", kind: "code", cell: (place) => alone.get(place) ?? "–" },
      {
        name: phase === "in turn" ? "In turn" : "At once",
        kind: "code",
        cell: (place) => now.get(place) ?? "–",
      },
      { name: "Note", cell: remark },
    ],
    shown,
  )}${left > 0 && html`<p>And ${plural(left, "more place")}, which the record has.</p>`}`;
}

/** The texts and other single values of an answer, by their places. */
function leavesOf(answer: CheckedAnswer): Map<Place, string> {
  const leaves = new Map<Place, string>();
  const add = (value: unknown, place: Place) => {
    const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
    for (const [name, one] of inner) add(one, `${place}/${escaped(name)}`);
    if (inner.length > 0) return;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const isLong = text.length > LONGEST_VALUE;
    leaves.set(place, isLong ? `${text.slice(0, LONGEST_VALUE)}…` : text);
  };
  add(answer.status, "/status");
  for (const [name, value] of Object.entries(answer.headers)) {
    leaves.set(`/headers/${escaped(name)}`, [value].flat().join("\n"));
  }
  add(answer.body, "/body");
  return leaves;
}

function eventsTable({ events }: CheckReport): Markup {
  type Event = CheckReport["events"][number];
  return htmlTable(
    "How often each was served, and what is to be known of its answers.",
    [
      { name: "Event", cell: ({ name }: Event) => name },
      { name: "Alone", kind: "number", cell: ({ served }) => served.alone },
      { name: "In turn", kind: "number", cell: ({ served }) => served.inTurn },
      { name: "At once", kind: "number", cell: ({ served }) => served.atOnce },
      {
        name: "Took alone",
        kind: "number",
        cell: ({ aloneMs }) => (aloneMs === null ? "–" : `${aloneMs.toFixed(1)} ms`),
      },
      { name: "Marks", kind: "code", cell: ({ marks }) => marks.slice(0, 5).join(", ") || "none" },
      { name: "Note", cell: (event) => eventWords(event).join("; ") },
    ],
    events,
  );
}
