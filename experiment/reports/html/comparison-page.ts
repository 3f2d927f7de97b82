/** Several recorded experiments beside each other, as one page. */

import { plural } from "../../../basics/counts.ts";
import { type Aspect, type Comparison, compareRecords, letter } from "../comparison.ts";
import type { RecordedExperiment } from "../recorded-experiment.ts";
import { deploymentWords, planWords, targetWords, verdictWords } from "../words.ts";
import { experimentPage, noteList } from "./experiment-page.ts";
import { html, type Markup } from "./html.ts";
import { documentOf, time } from "./page.ts";
import { picture } from "./picture.ts";
import { type Column, htmlTable } from "./tables.ts";

/** Pictures of more are no comparison any more. */
const MOST_PICTURES = 4;

/** The page of one recorded experiment, or of several beside each other. */
export function pageOf(records: readonly RecordedExperiment[]): string {
  const [only, ...others] = records;
  return only && others.length === 0
    ? experimentPage(only)
    : comparisonPage(compareRecords(records));
}

function comparisonPage(comparison: Comparison): string {
  const { records, aspects, summary, deployments, notes } = comparison;
  const title = plural(records.length, "experiment");
  const different = aspects.filter(({ isSame }) => !isSame);
  const same = aspects.filter(({ isSame, values }) => isSame && values[0] !== "");
  return documentOf(
    `${title} compared`,
    html`<header>
<h1>${title} beside each other</h1>
</header>
<main>
${summaryTable(records, summary)}
${records.map(verdict)}
${deployments.length > 0 && html`<h2>Deployments</h2><ul>${deployments.map(({ target, pooled }) => html`<li>${deploymentWords(target, pooled)}</li>`)}</ul>`}
${noteList("Notes on the records", notes)}
<h2>What differs</h2>
${
  different.length > 0
    ? aspectTable(
        "What is not the same for all.",
        records.map((_, index) => letter(index)),
        different,
      )
    : html`<p>Nothing.</p>`
}
${same.length > 0 && html`<h2>What is the same</h2>${aspectTable("What is the same for all.", ["All"], same)}`}
${records.slice(0, MOST_PICTURES).map(pictured)}
</main>`,
  );
}

/** What each record came to, one a row. */
function summaryTable(records: readonly RecordedExperiment[], summary: readonly Aspect[]): Markup {
  const columns = summary.map(({ what, values }): Column<number> => {
    return { name: what, cell: (index) => values[index] || "–" };
  });
  const rows = records.map((_, index) => index);
  return htmlTable(
    "What each came to.",
    [{ name: "Record", cell: (index) => letter(index) }, ...columns],
    rows,
  );
}

/** @param names of the records, whose values stand beside each other */
function aspectTable(
  caption: string,
  names: readonly string[],
  aspects: readonly Aspect[],
): Markup {
  const columns = names.map((name, index): Column<Aspect> => {
    return { name, cell: ({ values }) => values[index] || "–" };
  });
  return htmlTable(caption, [{ name: "What", cell: ({ what }) => what }, ...columns], aspects);
}

function verdict(record: RecordedExperiment, index: number): Markup {
  const { experiment, path, labels } = record;
  const name = letter(index);
  if (!experiment) return html`<p>${name}: ${path} holds no experiment.</p>`;
  const words = verdictWords(experiment.conclusion, labels);
  return html`<section class="verdict ${experiment.conclusion.verdict}">
<h2>${name} <span class="title">${words.title}</span></h2>
<p class="finding">${words.finding}</p>
<p>${words.evidence}</p>
<p class="muted">${planWords(experiment.line.plan)} · ${targetWords(experiment.line.target)} ·
${time(experiment.line.startedAt)} · <code>${path}</code></p>
</section>`;
}

function pictured(record: RecordedExperiment, index: number): Markup {
  const { experiment, labels } = record;
  if (!experiment) return html``;
  return html`<h2>${letter(index)}: who served whom, and when</h2>${picture(`Picture of ${letter(index)}`, experiment, labels)}`;
}
