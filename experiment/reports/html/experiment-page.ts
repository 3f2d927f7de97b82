/** A recorded experiment as one page that can be sent to somebody. */

import { inWords, plural } from "../../../basics/counts.ts";
import { formatDuration } from "../../core/plan/duration.ts";
import { burstOf, isUneven, type Plan } from "../../core/plan/plan.ts";
import { type Conclusion, OUTCOMES, type RunLine } from "../../core/record-lines.ts";
import type { Labels } from "../../records/environment-labels.ts";
import type { Series } from "../../records/fold.ts";
import { PROVES } from "../../targets/open-target.ts";
import { percent } from "../numbers.ts";
import { recordNotes } from "../record-notes.ts";
import type { RecordedExperiment } from "../recorded-experiment.ts";
import {
  controlWords,
  crossCheckWords,
  planWords,
  runsLifetimeWords,
  targetWords,
  verdictWords,
} from "../words.ts";
import { html, type Markup, type Value } from "./html.ts";
import { documentOf, time, unbroken } from "./page.ts";
import { picture } from "./picture.ts";
import { answersTable, environmentsTable, facts, runsTable } from "./tables.ts";

const MOST_STAGES = 20;
const MOST_CLIENTS = 40;

export function experimentPage(recorded: RecordedExperiment): string {
  const { experiment, control, id, path, crossChecks, labels } = recorded;
  const main = (experiment ?? control)?.line;
  const words = experiment && verdictWords(experiment.conclusion, labels);
  const notes = recordNotes(recorded);
  return documentOf(
    `${words?.title ?? "CONTROL"}: ${main ? planWords(main.plan) : ""}`,
    html`<header>
<h1>Can one process of this function serve two requests at once?</h1>
<p class="muted">${main && `${planWords(main.plan)} · ${targetWords(main.target)} · `}${main && time(main.startedAt)}</p>
</header>
<main>
${experiment && verdictSection(experiment, labels)}
${main && html`<p class="muted">${PROVES[main.target.kind]}</p>`}
${noteList("Notes on the record", notes)}
${control && html`<p>${controlWords(control)}</p>`}
${crossChecks.map((line) => html`<p>${crossCheckWords(line)}</p>`)}
${experiment && seriesSections(experiment, labels)}
${control && controlSections(control, labels)}
${main && html`<h2>Plan and target</h2>${planFacts(main, id, path)}`}
${EXPLANATION}
</main>`,
  );
}

/** What a reader must know of the records; nothing where there is nothing. */
export function noteList(name: string, notes: readonly string[]): Markup {
  if (notes.length === 0) return html``;
  return html`<section class="notes" aria-label="${name}"><ul>${notes.map((note) => html`<li>${unbroken(note)}</li>`)}</ul></section>`;
}

/** The verdict in words, and the figures that it rests on. */
function verdictSection({ conclusion, runs }: Series, labels: Labels): Markup {
  const words = verdictWords(conclusion, labels);
  const lifetime = runsLifetimeWords(runs);
  return html`<section class="verdict ${conclusion.verdict}">
<p class="title">${words.title}</p>
<p class="finding">${words.finding}</p>
<p>${words.evidence}</p>
${lifetime !== undefined && html`<p>${lifetime}</p>`}
</section>
<dl class="figures">${figures(conclusion).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`,
  )}</dl>`;
}

function figures(conclusion: Conclusion): [string, Value][] {
  const { outcomes, bound } = conclusion;
  const counted = (noun: string, count: number): [string, Value] => [
    count === 1 ? noun : `${noun}s`,
    inWords(count),
  ];
  const { ok = 0, ...others } = outcomes;
  return [
    counted("environment", conclusion.environments),
    [ok === 1 ? "request answered" : "requests answered", inWords(ok)],
    ...OUTCOMES.flatMap((outcome): [string, Value][] => {
      const count = outcome === "ok" ? undefined : others[outcome];
      return count === undefined ? [] : [[outcome, inWords(count)]];
    }),
    counted("cold start", conclusion.coldStarts),
    counted("trial", conclusion.trials),
    counted("warm trial", conclusion.warmTrials),
    ...(bound === undefined ? [] : [["sharing below (95 %)", percent(bound)] as [string, Value]]),
    counted("overlapping pair", conclusion.overlaps),
    counted("mixed answer", conclusion.mixed),
  ];
}

function seriesSections(series: Series, labels: Labels): Markup {
  return html`<h2>Who served whom, and when</h2>
${picture("Picture of the experiment", series, labels)}
<h2>Runs</h2>
${runsTable(series)}
<h2>Answers</h2>
${answersTable(series, labels)}
<h2>Environments</h2>
${environmentsTable(series, labels)}`;
}

function controlSections({ byTarget }: Series, labels: Labels): Markup {
  return html`<h2>The control</h2>
${byTarget.map((part, index) => {
  const where = targetWords(part.line.target);
  const which =
    index === 0
      ? "It was fired first, at a target where requests must"
      : "Then it was fired where they";
  return html`<p class="muted">${which} share a process: ${where}.</p>
${picture(`Picture of the control at ${where}`, part, labels)}
${runsTable(part)}`;
})}`;
}

function planFacts(
  { plan, target, startedAt, versions }: RunLine,
  id: string,
  path: string,
): Markup {
  return facts([
    ["Plan", `${plan.name}: ${planWords(plan)}`],
    ["Stages", isUneven(plan) ? stagesText(plan) : undefined],
    ["Clients", clientsText(plan.clients)],
    ["Hold", `${formatDuration(plan.holdMs)} in ${plural(plan.steps, "step")}`],
    ["Target", targetWords(target)],
    ["URL", target.url],
    ["Function", target.functionName],
    ["Region", target.region],
    ["Log group", target.logGroupName],
    ["Deployment", target.deployment && html`<code>${target.deployment}</code>`],
    ["Started", time(startedAt)],
    [
      "Versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
    ["Experiment", html`<code>${id}</code>`],
    ["Record", html`<code>${path}</code>`],
  ]);
}

/** Stages that differ, one by one. */
function stagesText({ stages }: Plan): string {
  const told = stages.slice(0, MOST_STAGES).map((stage) => {
    const pause = stage.pauseMs > 0 ? `, after ${formatDuration(stage.pauseMs)}` : "";
    const atOnce = `${inWords(burstOf(stage))} at once`;
    const isBurst = stage.requests === burstOf(stage);
    return `${isBurst ? "" : `${plural(stage.requests, "request")}, `}${atOnce}${pause}`;
  });
  const more = stages.length - told.length;
  return more > 0 ? `${told.join("; ")}; and ${inWords(more)} more` : told.join("; ");
}

function clientsText(clients: readonly string[]): string {
  const more = clients.length - MOST_CLIENTS;
  const names = clients.slice(0, MOST_CLIENTS).join(", ");
  return more > 0 ? `${names} and ${inWords(more)} more` : names;
}

const EXPLANATION = html`<h2>How to read it</h2>
<p>An execution environment hosts one process of the function. Two requests <b>overlap</b> when
one process served both at the same time, by that process's own clock; one overlap is proof of
sharing. A <b>trial</b> is a chance to share: a request that the service could have put into a process
that was certainly busy. Five at once give four, since the first finds none busy. With <i>n</i> trials
and no sharing, the probability of sharing is below 1 − 0.05<sup>1/<i>n</i></sup> with 95 % confidence, if the service decides about
each request independently; the requests of one burst stretch that a little, which is why warm trials
are counted apart. An answer is <b>mixed</b> when its <code>globalData</code> is not what its own
request left.</p>`;
