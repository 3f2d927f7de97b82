/** Several recorded experiments beside each other, as one page. */

import { type Aspect, type Comparison, isSame } from "../comparison.ts";
import { deploymentWords, letter } from "../comparison-text.ts";
import { plural } from "../numbers.ts";
import type { RecordedExperiment } from "../recorded-experiment.ts";
import { planWords, targetWords, verdictWords } from "../words.ts";
import { documentOf, time } from "./document.ts";
import { labelsOf } from "./experiment-page.ts";
import { html, type Markup } from "./html.ts";
import { picture } from "./picture.ts";
import { type Column, table } from "./table.ts";

/** Pictures of more are no comparison any more. */
const MOST_PICTURES = 4;

interface Named {
  name: string;
  record: RecordedExperiment;
}

export function comparisonPage(comparison: Comparison): string {
  const { records, aspects, deployments, notes } = comparison;
  const named = records.map((record, index) => ({ name: letter(index), record }));
  const columns: Column<Aspect>[] = [
    { name: "What", cell: ({ what }) => what },
    ...named.map(({ name }, index) => ({
      name,
      cell: ({ values }: Aspect) => values[index] || "–",
    })),
  ];
  const different = aspects.filter((aspect) => !isSame(aspect));
  const same = aspects.filter((aspect) => isSame(aspect) && aspect.values[0] !== "");
  return documentOf(
    `${plural(records.length, "experiment")} compared`,
    html`<header>
<h1>${plural(records.length, "experiment")} beside each other</h1>
</header>
<main>
${named.map(verdict)}
${deployments.length > 0 && html`<h2>Deployments</h2><ul>${deployments.map((deployment) => html`<li>${deploymentWords(deployment)}</li>`)}</ul>`}
${notes.length > 0 && html`<section class="notes" aria-label="Notes on the records"><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
<h2>What differs</h2>
${different.length > 0 ? table("What is not the same for all.", columns, different) : html`<p>Nothing.</p>`}
${
  same.length > 0 &&
  html`<h2>What is the same</h2>${table(
    "What is the same for all.",
    columns.slice(0, 2).map((column, index) => (index === 1 ? { ...column, name: "All" } : column)),
    same,
  )}`
}
${named.slice(0, MOST_PICTURES).map(pictured)}
</main>`,
  );
}

function verdict({ name, record }: Named): Markup {
  const { experiment, path } = record;
  if (!experiment) return html`<p>${name}: ${path} holds no experiment.</p>`;
  const words = verdictWords(experiment.conclusion, labelsOf(record));
  return html`<section class="verdict ${experiment.conclusion.verdict}">
<h2>${name} <span class="title">${words.title}</span></h2>
<p class="finding">${words.finding}</p>
<p>${words.evidence}</p>
<p class="muted">${planWords(experiment.plan)} · ${targetWords(experiment.target)} ·
${time(experiment.startedAt)} · <code>${path}</code></p>
</section>`;
}

function pictured({ name, record }: Named): Markup {
  const { experiment } = record;
  if (!experiment) return html``;
  return html`<h2>${name}: who served whom, and when</h2>${picture(experiment, labelsOf(record))}`;
}
