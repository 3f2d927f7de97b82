/** An experiment as text for a terminal, run by run: while it is fired, and from its record. */

import { styleText } from "node:util";
import { inWords, plural } from "../../basics/counts.ts";
import { printable, printableMessage, printableName } from "../../basics/printable.ts";
import { textWidth } from "../../basics/text-width.ts";
import type {
  Conclusion,
  CrossCheckLine,
  Observation,
  RecordLine,
  RunLine,
} from "../core/record-lines.ts";
import { isMixed } from "../core/verdict/evidence.ts";
import type { Labels } from "../records/environment-labels.ts";
import type { Fold, Keep, RunState, Series } from "../records/fold.ts";
import { PROVES } from "../targets/open-target.ts";
import { latencyOf, seconds } from "./numbers.ts";
import { recordNotes } from "./record-notes.ts";
import type { RecordedExperiment } from "./recorded-experiment.ts";
import {
  controlName,
  controlWords,
  crossCheckWords,
  firedWords,
  globalDataText,
  runNumberWords,
  runsLifetimeWords,
  temperatureParts,
  VERDICT_COLOURS,
  verdictWords,
} from "./words.ts";

/** The answers of each run that stand in the text. */
export const KEPT_IN_TEXT: Keep = { perRun: 20, inAll: Number.POSITIVE_INFINITY };

type Style = Parameters<typeof styleText>[0];

/**
 * The text that a line completes, which the fold has taken; there is none until a run has ended.
 *
 * @param colour whether the reader can see colours
 */
export function completedText(line: RecordLine, fold: Fold, colour: boolean): string | undefined {
  if (line.type === "cross-check") return crossCheckText(line);
  if (line.type !== "verdict") return undefined;
  const text = new ExperimentText(fold.labels, colour);
  if (line.role === "control") return controlText(fold.control);
  if (line.run === null) return text.verdict(fold.experiment);
  return fold.run && text.run(fold.run);
}

/** A recorded experiment as text, in the words in which it was told while it ran. */
export function textReport(recorded: RecordedExperiment, colour: boolean): string {
  const { experiment, control, crossChecks, labels } = recorded;
  const text = new ExperimentText(labels, colour);
  const runText = (run: RunState) => `${text.run(run)}\n`;
  const main = (experiment ?? control)?.line;
  return [
    main ? `${firedWords(main.plan, main.target)}\n${PROVES[main.target.kind]}\n\n` : "",
    ...(control?.runs ?? []).map(runText),
    control ? controlText(control) : "",
    ...(experiment?.runs ?? []).map(runText),
    experiment ? text.verdict(experiment) : "",
    ...crossChecks.map(crossCheckText),
    ...recordNotes(recorded).map((note) => `\nNote: ${note}\n`),
    `\nRecord: ${printable(recorded.path)}\n`,
  ].join("");
}

class ExperimentText {
  readonly #labels: Labels;
  readonly #style: (style: Style, text: string) => string;

  constructor(labels: Labels, colour: boolean) {
    this.#labels = labels;
    this.#style = colour
      ? (style, text) => styleText(style, text, { validateStream: false })
      : (_, text) => text;
  }

  /** The run's title, its first requests, and what can be said of the others. */
  run(run: RunState): string {
    const { line, requests, shown, conclusion } = run;
    const title = [
      this.#style("bold", runWords(line)),
      ...temperatureParts(run),
      seconds(conclusion.wallMs),
      plural(conclusion.environments, "environment"),
      ...failures(conclusion),
    ];
    const inOrder = shown.toSorted((a, b) => a.index - b.index);
    const rows = inOrder.map((observation) => this.#row(observation));
    const lines = [title.join(" · "), ...textTable(rows)];
    if (requests.length > shown.length) lines.push(this.#style("dim", `  … and ${restText(run)}`));
    return `${lines.join("\n")}\n`;
  }

  verdict({ runs, conclusion }: Series): string {
    const words = verdictWords(conclusion, this.#labels);
    const title = this.#style(["bold", VERDICT_COLOURS[conclusion.verdict]], words.title);
    const sentences = [words.evidence, runsLifetimeWords(runs) ?? ""].filter(Boolean);
    return [`${title}  ${words.finding}`, ...sentences].join("\n").concat("\n");
  }

  #row(observation: Observation): string[] {
    const { client, outcome, message, response } = observation;
    const name = printableName(client);
    if (!response) {
      const why = message === undefined ? "" : printableMessage(message);
      return [name, "", this.#style("yellow", outcome), why];
    }
    const { environment, globalData } = response;
    const start = environment && (environment.coldStart ? "cold" : "warm");
    const mixed = isMixed(response) ? `  ${this.#style("red", "mixed")}` : "";
    return [
      name,
      environment ? this.#labels.get(environment.id) : "unknown",
      start === "cold" ? this.#style("cyan", start) : (start ?? ""),
      `${globalDataText(globalData)}${mixed}`,
    ];
  }
}

function controlText(control: Series): string {
  return `${controlWords(control)}\n\n`;
}

function crossCheckText(line: CrossCheckLine): string {
  return `\n${crossCheckWords(line)}\n${printable(line.console)}\n`;
}

/** `Run 1 of 2`, `Control, run 1 of 2`, or `Control at this stack's web function, run 1 of 3`. */
export function runWords(line: Pick<RunLine, "role" | "index" | "plan" | "target">): string {
  const which = runNumberWords(line);
  return line.role === "control"
    ? `${controlName(line.target)}, ${which}`
    : which.replace("run", "Run");
}

function failures({ outcomes }: Conclusion): string[] {
  return Object.entries(outcomes)
    .filter(([outcome]) => outcome !== "ok")
    .map(([outcome, count]) => `${inWords(count)} ${outcome}`);
}

/** Of the requests that are not shown: how many, and the latency of all that were answered. */
function restText({ requests, shown }: RunState): string {
  const rest = `${inWords(requests.length - shown.length)} more`;
  const latency = latencyOf(requests);
  if (!latency) return rest;
  const { p50, p95, max } = latency;
  return `${rest}; latency p50 ${seconds(p50)}, p95 ${seconds(p95)}, max ${seconds(max)}`;
}

/** Aligns columns by what a terminal shows of them, and indents. */
export function textTable(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[column] ?? "")), 0),
  );
  const pad = (cell: string, column: number) =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)));
  return rows.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd());
}
