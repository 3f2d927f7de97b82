/** The parts of a page that are about one series: its verdict, its picture and its tables. */

import { type Observation, OUTCOMES } from "../../core/record-lines.ts";
import { isMixed } from "../../core/verdict/evidence.ts";
import type { Labels } from "../../records/environment-labels.ts";
import { type EnvironmentRow, environmentRows, type Moment } from "../environment-rows.ts";
import { globalDataText } from "../global-data-text.ts";
import { latencyOf } from "../latency.ts";
import { seriesLifetimeWords } from "../lifetime-words.ts";
import { inWords, percent, seconds } from "../numbers.ts";
import type { RecordedRun, Series } from "../recorded-experiment.ts";
import { referenceFigure } from "../reference-figures.ts";
import { outcomesWords } from "../target-words.ts";
import { verdictWords } from "../verdict-words.ts";
import { html, type Markup, type Value } from "./html.ts";
import { type Column, table } from "./table.ts";

const MOST_ENVIRONMENTS = 100;

/** The verdict in words, and the figures that it rests on. */
export function verdictSection(series: Series, labels: Labels): Markup {
  const { conclusion } = series;
  const { verdict, outcomes, bound } = conclusion;
  const words = verdictWords(conclusion, labels);
  const lifetime = seriesLifetimeWords(series);
  const counted = (noun: string, count: number): [string, Value] => [
    count === 1 ? noun : `${noun}s`,
    inWords(count),
  ];
  const figures: [string, Value][] = [
    counted("environment", conclusion.environments),
    [outcomes.ok === 1 ? "request answered" : "requests answered", inWords(outcomes.ok ?? 0)],
    ...OUTCOMES.filter((outcome) => outcome !== "ok").map((outcome): [string, Value] => {
      const count = outcomes[outcome];
      return [outcome, count && inWords(count)];
    }),
    counted("cold start", conclusion.coldStarts),
    counted("trial", conclusion.trials),
    counted("warm trial", conclusion.warmTrials),
    ["sharing below (95 %)", bound === undefined ? undefined : percent(bound)],
    counted("overlapping pair", conclusion.overlaps),
    counted("mixed answer", conclusion.mixed),
  ];
  return html`<section class="verdict ${verdict}">
<p class="title">${words.title}</p>
<p class="finding">${words.finding}</p>
<p>${words.evidence}</p>
${lifetime !== undefined && html`<p>${lifetime}</p>`}
</section>
<dl class="figures">${figures
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>`;
}

export function runsTable(series: Series): Markup {
  const figures = series.runs.map((run) => referenceFigure(series, run));
  const reference: Column<RecordedRun>[] = figures.some((figure) => figure !== undefined)
    ? [
        {
          name: "Reference took",
          kind: "number",
          cell: (run) => {
            const figure = referenceFigure(series, run);
            return figure && `${(figure.ms / 1_000).toFixed(3)} s, ${figure.start}`;
          },
        },
      ]
    : [];
  const columns: Column<RecordedRun>[] = [
    { name: "Run", cell: ({ line }) => `${line.index + 1}` },
    { name: "Verdict", kind: "keep", cell: ({ conclusion }) => conclusion.verdict },
    { name: "Requests", kind: "number", cell: ({ requests }) => inWords(requests.length) },
    {
      name: "Outcomes",
      kind: "keep",
      cell: ({ conclusion }) => outcomesWords(conclusion.outcomes),
    },
    {
      name: "Environments",
      kind: "number",
      cell: ({ conclusion }) => inWords(conclusion.environments),
    },
    { name: "Cold", kind: "number", cell: ({ conclusion }) => inWords(conclusion.coldStarts) },
    { name: "Trials", kind: "number", cell: ({ conclusion }) => inWords(conclusion.trials) },
    { name: "Took", kind: "number", cell: ({ conclusion }) => seconds(conclusion.wallMs) },
    ...reference,
    {
      name: "Skew",
      kind: "number",
      cell: ({ conclusion }) => `${conclusion.skewMs.toFixed(1)} ms`,
    },
    { name: "p50", kind: "number", cell: ({ requests }) => latencyCell(requests, "p50") },
    { name: "p95", kind: "number", cell: ({ requests }) => latencyCell(requests, "p95") },
    { name: "max", kind: "number", cell: ({ requests }) => latencyCell(requests, "max") },
  ];
  return table(
    "The runs, and the latency of their answers. Skew is between the burst's first and last request.",
    columns,
    series.runs.slice(0, MOST_ENVIRONMENTS),
    series.runs.length - MOST_ENVIRONMENTS,
  );
}

export function environmentsTable({ runs }: Series, labels: Labels): Markup {
  const rows = environmentRows(runs);
  const columns: Column<EnvironmentRow>[] = [
    { name: "Environment", kind: "keep", cell: ({ id }) => html`<code>${labels.get(id)}</code>` },
    { name: "Invocations", kind: "number", cell: ({ invocations }) => inWords(invocations) },
    { name: "Cold starts", kind: "number", cell: ({ coldStarts }) => inWords(coldStarts) },
    { name: "Instances", kind: "number", cell: ({ instances }) => inWords(instances) },
    { name: "Process", kind: "keep", cell: ({ pids }) => pids.slice(0, 4).join(", ") },
    { name: "First used", kind: "keep", cell: ({ first }) => momentText(first) },
    { name: "Last used", kind: "keep", cell: ({ last }) => momentText(last) },
    { name: "Log stream or identity", kind: "code", cell: ({ id }) => id },
  ];
  const shown = rows.slice(0, MOST_ENVIRONMENTS);
  return table(
    "The execution environments, in order of first use.",
    columns,
    shown,
    rows.length - shown.length,
  );
}

interface Answered {
  run: RecordedRun;
  observation: Observation;
}

export function answersTable({ runs }: Series, labels: Labels): Markup {
  const rows = runs.flatMap((run) => run.shown.map((observation) => ({ run, observation })));
  const all = runs.reduce((sum, { requests }) => sum + requests.length, 0);
  const columns: Column<Answered>[] = [
    { name: "Client", cell: ({ observation }) => observation.client },
    { name: "Run", kind: "number", cell: ({ run }) => `${run.line.index + 1}` },
    {
      name: "Environment",
      kind: "keep",
      cell: ({ observation: { response } }) =>
        response?.environment && html`<code>${labels.get(response.environment.id)}</code>`,
    },
    { name: "Start", kind: "keep", cell: ({ observation }) => startText(observation) },
    { name: "globalData", kind: "code", cell: ({ observation }) => globalDataCell(observation) },
    { name: "Outcome", cell: ({ observation }) => outcomeCell(observation) },
  ];
  return table("What was answered, in the order of the plan.", columns, rows, all - rows.length);
}

function startText({ response }: Observation): string | undefined {
  const { environment } = response ?? {};
  return environment && (environment.coldStart ? "cold" : "warm");
}

function globalDataCell({ response }: Observation): Value {
  if (!response) return undefined;
  return html`${globalDataText(response.globalData)}${isMixed(response) && html` <span class="bad">mixed</span>`}`;
}

function outcomeCell({ outcome, status, message }: Observation): Value {
  if (outcome === "ok") return "ok";
  const why = [status, message].filter((part) => part !== undefined).join(" ");
  return html`<span class="doubt">${outcome}</span>${why && `: ${why}`}`;
}

function momentText({ run, atMs }: Moment): string {
  return `run ${run + 1}, ${seconds(atMs)}`;
}

function latencyCell(requests: RecordedRun["requests"], which: "p50" | "p95" | "max"): Value {
  const latency = latencyOf(requests);
  return latency && seconds(latency[which]);
}
