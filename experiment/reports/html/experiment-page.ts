/** A recorded experiment as one page that can be sent to somebody. */

import { formatDuration } from "../../core/plan/duration.ts";
import { burstOf, isUneven, type Plan } from "../../core/plan/plan.ts";
import { EnvironmentLabels, type Labels } from "../../records/environment-labels.ts";
import { PROVES } from "../../targets/target-choice.ts";
import { controlWords } from "../control-words.ts";
import { crossCheckWords } from "../cross-check-words.ts";
import { environmentRows } from "../environment-rows.ts";
import { inWords, plural } from "../numbers.ts";
import { recordNotes } from "../record-notes.ts";
import type { RecordedExperiment, Series } from "../recorded-experiment.ts";
import { planWords, targetWords } from "../target-words.ts";
import { verdictWords } from "../verdict-words.ts";
import { documentOf, time } from "./document.ts";
import { html, type Markup } from "./html.ts";
import { picture } from "./picture.ts";
import { answersTable, environmentsTable, runsTable, verdictSection } from "./series-sections.ts";
import { facts } from "./table.ts";

export function experimentPage(recorded: RecordedExperiment): string {
  const { experiment, control, id, path, crossChecks } = recorded;
  const labels = labelsOf(recorded);
  const main = experiment ?? control;
  const words = experiment && verdictWords(experiment.conclusion, labels);
  const title = `${words?.title ?? "CONTROL"}: ${main ? planWords(main.plan) : ""}`;
  const notes = recordNotes(recorded);
  return documentOf(
    title,
    html`<header>
<h1>Can one process of this function serve two requests at once?</h1>
<p class="muted">${main && `${planWords(main.plan)} · ${targetWords(main.target)} · `}${main && time(main.startedAt)}</p>
</header>
<main>
${experiment && verdictSection(experiment, labels)}
${main && html`<p class="muted">${PROVES[main.target.kind]}</p>`}
${notes.length > 0 && html`<section class="notes" aria-label="Notes on the record"><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
${control && html`<p>${controlWords(control.conclusion)}</p>`}
${crossChecks.map((line) => html`<p>${crossCheckWords(line)}</p>`)}
${experiment && seriesSections(experiment, labels)}
${control && controlSections(control, labels)}
${main && html`<h2>Plan and target</h2>${planFacts(main, id, path)}`}
${explanation()}
</main>`,
  );
}

/** Short names for all environments of a record, so that none has two. */
export function labelsOf({ control, experiment }: RecordedExperiment): EnvironmentLabels {
  const all = [control, experiment].flatMap((series) => series?.runs ?? []);
  return new EnvironmentLabels(environmentRows(all).map(({ id }) => id));
}

function seriesSections(series: Series, labels: Labels): Markup {
  return html`<h2>Who served whom, and when</h2>
${picture(series, labels)}
<h2>Runs</h2>
${runsTable(series)}
<h2>Answers</h2>
${answersTable(series, labels)}
<h2>Environments</h2>
${environmentsTable(series, labels)}`;
}

function controlSections(control: Series, labels: Labels): Markup {
  return html`<h2>The control</h2>
<p class="muted">It was fired first, at a target whose requests share one process by construction:
${targetWords(control.target)}.</p>
${picture(control, labels)}
${runsTable(control)}`;
}

function planFacts(
  { plan, target, startedAt, versions }: Series,
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

const MOST_STAGES = 20;

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

const MOST_CLIENTS = 40;

function clientsText(clients: readonly string[]): string {
  const more = clients.length - MOST_CLIENTS;
  const names = clients.slice(0, MOST_CLIENTS).join(", ");
  return more > 0 ? `${names} and ${inWords(more)} more` : names;
}

function explanation(): Markup {
  return html`<h2>How to read it</h2>
<p>An execution environment hosts one process of the function. Two requests <b>overlap</b> when
one process served both at the same time, by that process's own clock; one overlap is proof of
sharing. A <b>trial</b> is a request that certainly ran while another ran, so that the service had
the choice to put both into one process. With <i>n</i> trials and no sharing, the probability of
sharing is below 1 − 0.05<sup>1/<i>n</i></sup> with 95 % confidence, if the service decides about
each request independently; the requests of one burst stretch that a little, which is why warm trials
are counted apart. An answer is <b>mixed</b> when its <code>globalData</code> is not what its own
request left.</p>`;
}
