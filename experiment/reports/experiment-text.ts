/** An experiment as text for a terminal, run by run. */

import { styleText } from "node:util";
import stringWidth from "string-width";
import { printable, printableMessage, printableName } from "../../basics/printable.ts";
import type {
  Conclusion,
  CrossCheckLine,
  Observation,
  RecordLine,
  RunLine,
  VerdictLine,
} from "../core/record-lines.ts";
import { type Evidence, isMixed } from "../core/verdict/evidence.ts";
import { ServedRuns } from "../core/verdict/lifetime.ts";
import { EnvironmentLabels } from "../records/environment-labels.ts";
import { controlWords } from "./control-words.ts";
import { crossCheckWords } from "./cross-check-words.ts";
import { globalDataText } from "./global-data-text.ts";
import { lifetimeWords } from "./lifetime-words.ts";
import { inWords, plural, quantile, seconds } from "./numbers.ts";
import { RunDigest } from "./run-digest.ts";
import { verdictWords } from "./verdict-words.ts";

type Style = Parameters<typeof styleText>[0];

/** Follows an experiment's lines and says, at the end of each part, what there is to read. */
export class ExperimentText {
  readonly #labels = new EnvironmentLabels();
  readonly #served = new ServedRuns();
  readonly #style: (style: Style, text: string) => string;
  #digest: RunDigest | undefined;

  /** @param colour whether the reader can see colours */
  constructor(colour: boolean) {
    this.#style = colour
      ? (style, text) => styleText(style, text, { validateStream: false })
      : (_, text) => text;
  }

  /** Takes the next line; returns the text that it completes, if any. */
  take(line: RecordLine): string | undefined {
    this.#served.take(line);
    if (line.type === "run") {
      this.#digest = new RunDigest(line);
    } else if (line.type === "observation") {
      this.#digest?.add(line);
      const id = line.response?.environment?.id;
      if (id !== undefined) this.#labels.add(id);
    } else if (line.type === "cross-check") {
      return crossCheckText(line);
    } else if (line.run === null && line.role === "control") {
      return `${controlWords(line)}\n\n`;
    } else if (line.run === null) {
      return this.#verdict(line);
    } else if (this.#digest) {
      return this.#run(this.#digest, line);
    }
    return undefined;
  }

  /** Takes a request of which only the evidence is at hand: it is counted, and not shown. */
  takeEvidence(evidence: Evidence): void {
    this.#digest?.addEvidence(evidence);
    this.#served.see(evidence.run, evidence.report?.environment);
    if (evidence.report) this.#labels.add(evidence.report.environment);
  }

  #run(digest: RunDigest, conclusion: Conclusion): string {
    const { run } = digest;
    const title = [
      this.#style("bold", runWords(run)),
      ...temperature(digest),
      seconds(conclusion.wallMs),
      plural(conclusion.environments, "environment"),
      ...failures(conclusion),
    ];
    const rows = digest.shown.map((observation) => this.#row(observation));
    const lines = [title.join(" · "), ...table(rows)];
    if (digest.hidden > 0) lines.push(this.#style("dim", `  … and ${hiddenText(digest)}`));
    return `${lines.join("\n")}\n`;
  }

  #row(observation: Observation): string[] {
    const { client, outcome, message, response } = observation;
    const name = printableName(client);
    if (!response || outcome !== "ok") {
      const why = message === undefined ? "" : printableMessage(message);
      return [name, "", this.#style("yellow", outcome), why];
    }
    const { environment, globalData } = response;
    const start = environment && (environment.coldStart ? "cold" : "warm");
    const mixed = isMixed(response) ? `  ${this.#style("red", "mixed")}` : "";
    return [
      name,
      environment ? (this.#labels.get(environment.id) ?? "") : "unknown",
      start === "cold" ? this.#style("cyan", start) : (start ?? ""),
      `${globalDataText(globalData)}${mixed}`,
    ];
  }

  #verdict(line: VerdictLine): string {
    const words = verdictWords(line, this.#labels);
    const title = this.#style(["bold", TITLE_COLOUR[line.verdict]], words.title);
    const { lifetime } = this.#served;
    const sentences = [words.evidence, lifetime ? lifetimeWords(lifetime) : ""].filter(Boolean);
    return [`${title}  ${words.finding}`, ...sentences].join("\n").concat("\n");
  }
}

function crossCheckText(line: CrossCheckLine): string {
  return `\n${crossCheckWords(line)}\n${printable(line.console)}\n`;
}

const TITLE_COLOUR = { isolated: "green", shared: "red", inconclusive: "yellow" } as const;

/** `Run 1 of 2`, or `Control, run 1 of 2`. */
function runWords({ role, index, plan }: RunLine): string {
  const which = `un ${index + 1} of ${plan.stages.length}`;
  return role === "control" ? `Control, r${which}` : `R${which}`;
}

/** `cold`, `warm`, how many of both, or nothing where no answer said so. */
function temperature({ cold, warm }: RunDigest): string[] {
  if (cold > 0 && warm > 0) return [`${inWords(cold)} cold, ${inWords(warm)} warm`];
  if (cold > 0) return ["cold"];
  return warm > 0 ? ["warm"] : [];
}

function failures({ outcomes }: Conclusion): string[] {
  return Object.entries(outcomes)
    .filter(([outcome]) => outcome !== "ok")
    .map(([outcome, count]) => `${inWords(count)} ${outcome}`);
}

function hiddenText(digest: RunDigest): string {
  const { hidden, latencies } = digest;
  const at = (q: number) => seconds(quantile(latencies, q));
  return `${inWords(hidden)} more; latency p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`;
}

/** Aligns columns by what a terminal shows of them, and indents. */
export function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? "")), 0),
  );
  const pad = (cell: string, column: number) =>
    cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(cell)));
  return rows.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd());
}
