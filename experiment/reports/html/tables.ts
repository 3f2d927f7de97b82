/** The tables of a page, with heads that belong to their columns and rows. */

import { inWords } from "../../../basics/counts.ts";
import type { Observation } from "../../core/record-lines.ts";
import { isMixed } from "../../core/verdict/evidence.ts";
import type { Labels } from "../../records/environment-labels.ts";
import type { RunState, Series } from "../../records/fold.ts";
import { type EnvironmentRow, environmentRows, type Moment } from "../environment-rows.ts";
import { type Latency, latencyOf, seconds } from "../numbers.ts";
import { globalDataText, outcomesWords, targetWords } from "../words.ts";
import { html, type Markup, type Value } from "./html.ts";

/** Runs and environments; of answers there are as many as were kept. */
const MOST_ROWS = 100;
/** Of an environment that had many processes. */
const MOST_PIDS = 4;

/** Five requests at once, held five seconds, on AWS when the reference experiment was published. */
const REFERENCE = { requests: 5, holdMs: 5_000, tookMs: { cold: 5_655, warm: 5_515 } } as const;

export interface Column<T> {
  name: string;
  /** How its cells are set. */
  kind?: "number" | "code" | "keep";
  cell: (row: T) => Value;
}

/**
 * @param caption what the rows are
 * @param columns the first one's cells are the rows' heads
 * @param all how many rows there are, where some are left out
 */
export function htmlTable<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  all = rows.length,
): Markup {
  const head = columns.map(
    ({ name, kind }) =>
      html`<th scope="col"${kind === "number" && html` class="number"`}>${name}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map(({ kind, cell }, column) => {
      const classes = kind && html` class="${kind}"`;
      return column === 0
        ? html`<th scope="row"${classes}>${cell(row)}</th>`
        : html`<td${classes}>${cell(row)}</td>`;
    });
    return html`<tr>${cells}</tr>\n`;
  });
  const left = all - rows.length;
  const more =
    left > 0 ? ` ${inWords(left)} more are left out here; the CSV and the record have them.` : "";
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}${more}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>`;
}

/** Names and what they stand for, side by side; what is absent is left out. */
export function facts(entries: readonly (readonly [string, Value])[]): Markup {
  const shown = entries.filter(([, value]) => value !== undefined && value !== "");
  return html`<dl class="facts">${shown.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`,
  )}</dl>`;
}

/** A column of numbers. */
function counts<T>(name: string, countOf: (row: T) => number): Column<T> {
  return { name, kind: "number", cell: (row) => inWords(countOf(row)) };
}

export function runsTable(series: Series): Markup {
  const { line, runs } = series;
  const rows = runs.slice(0, MOST_ROWS);
  const latencies = new Map(rows.map((run) => [run, latencyOf(run.requests)]));
  const latency = (name: keyof Latency): Column<RunState> => ({
    name,
    kind: "number",
    cell: (run) => {
      const latency = latencies.get(run);
      return latency && seconds(latency[name]);
    },
  });
  const reference: Column<RunState> = {
    name: "Reference took",
    kind: "number",
    cell: (run) => referenceText(series, run),
  };
  const columns: Column<RunState>[] = [
    { name: "Run", cell: ({ line }) => `${line.index + 1}` },
    { name: "Verdict", kind: "keep", cell: ({ conclusion }) => conclusion.verdict },
    counts("Requests", ({ requests }) => requests.length),
    {
      name: "Outcomes",
      kind: "keep",
      cell: ({ conclusion }) => outcomesWords(conclusion.outcomes),
    },
    counts("Environments", ({ conclusion }) => conclusion.environments),
    counts("Cold", ({ conclusion }) => conclusion.coldStarts),
    counts("Trials", ({ conclusion }) => conclusion.trials),
    { name: "Took", kind: "number", cell: ({ conclusion }) => seconds(conclusion.wallMs) },
    ...(runs.some((run) => referenceText(series, run) !== undefined) ? [reference] : []),
    {
      name: "Skew",
      kind: "number",
      cell: ({ conclusion }) => `${conclusion.skewMs.toFixed(1)} ms`,
    },
    ...(["p50", "p95", "max"] as const).map(latency),
  ];
  const isControl = line.role === "control";
  const whose = isControl ? `The control's runs at ${targetWords(line.target)}` : "The runs";
  return htmlTable(
    `${whose}, and the latency of their answers. Skew is between the burst's first and last request.`,
    columns,
    rows,
    runs.length,
  );
}

/** What such a run took in the reference; `undefined` where it is another one, or not on AWS. */
function referenceText(
  { line: { target, plan } }: Series,
  { conclusion, requests: { length } }: RunState,
): string | undefined {
  const { requests, holdMs, tookMs } = REFERENCE;
  const { outcomes, coldStarts } = conclusion;
  if (target.kind !== "stack" || plan.holdMs !== holdMs) return undefined;
  if (length !== requests || outcomes.ok !== requests) return undefined;
  if (coldStarts !== 0 && coldStarts !== requests) return undefined;
  const start = coldStarts === 0 ? "warm" : "cold";
  return `${(tookMs[start] / 1_000).toFixed(3)} s, ${start}`;
}

export function environmentsTable({ runs }: Series, labels: Labels): Markup {
  const rows = environmentRows(runs);
  const moment = ({ run, atMs }: Moment) => `run ${run + 1}, ${seconds(atMs)}`;
  const columns: Column<EnvironmentRow>[] = [
    { name: "Environment", kind: "keep", cell: ({ id }) => html`<code>${labels.get(id)}</code>` },
    counts("Invocations", ({ invocations }) => invocations),
    counts("Cold starts", ({ coldStarts }) => coldStarts),
    counts("Instances", ({ instances }) => instances),
    { name: "Process", kind: "keep", cell: ({ pids }) => pids.slice(0, MOST_PIDS).join(", ") },
    { name: "First used", kind: "keep", cell: ({ first }) => moment(first) },
    { name: "Last used", kind: "keep", cell: ({ last }) => moment(last) },
    { name: "Log stream or identity", kind: "code", cell: ({ id, logStream = id }) => logStream },
  ];
  const caption = "The execution environments, in order of first use.";
  return htmlTable(caption, columns, rows.slice(0, MOST_ROWS), rows.length);
}

interface Answered {
  run: RunState;
  observation: Observation;
}

export function answersTable({ runs }: Series, labels: Labels): Markup {
  const rows = runs.flatMap((run) =>
    run.shown.toSorted((a, b) => a.index - b.index).map((observation) => ({ run, observation })),
  );
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
    {
      name: "Start",
      kind: "keep",
      cell: ({ observation: { response } }) =>
        response?.environment && (response.environment.coldStart ? "cold" : "warm"),
    },
    { name: "globalData", kind: "code", cell: ({ observation }) => globalDataCell(observation) },
    { name: "Outcome", cell: ({ observation }) => outcomeCell(observation) },
  ];
  return htmlTable("What was answered, in the order of the plan.", columns, rows, all);
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
