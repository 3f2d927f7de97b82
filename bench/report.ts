/** What the bench prints: each figure as soon as it is known, and a table at the end. */

import type { Figure } from "./figures.ts";

export interface Report {
  add(figure: Figure): void;
  /** A sentence that belongs to the part under way. */
  note(sentence: string): void;
}

/** One JSON object a line; sentences go to the other output. */
export const jsonReport: Report = {
  add: (figure) => console.log(JSON.stringify(figure)),
  note: (sentence) => console.error(sentence),
};

/** Lines while it runs, and a table of all. */
export class TextReport implements Report {
  readonly #figures: Figure[] = [];

  add(figure: Figure): void {
    this.#figures.push(figure);
    console.log(`  ${figure.benchmark}: ${figure.ratio.toFixed(2)} × ${figure.against}`);
  }

  note(sentence: string): void {
    console.log(`  ${sentence}`);
  }

  /** Prints everything that was added, in Markdown, and how many targets were missed. */
  printTable(): void {
    const head = ["benchmark", "against", "ratio", "target", "met", "ours (min – max)", "theirs"];
    const table = [head, head.map(() => "---"), ...this.#figures.map(cells)];
    console.log(`\n${table.map((row) => `| ${row.join(" | ")} |`).join("\n")}`);
    const targets = this.#figures.filter(({ met }) => met !== null);
    const missed = targets.filter(({ met }) => met === false);
    console.log(`\n${targets.length - missed.length} of ${targets.length} targets met.`);
  }
}

function cells(figure: Figure): string[] {
  const { benchmark, against, ratio, target, met, min, median, max, peer, unit } = figure;
  return [
    benchmark,
    against,
    ratio.toFixed(2),
    target === null ? "" : `≤ ${target}`,
    met === null ? "" : met ? "met" : "missed",
    `${short(median)} (${short(min)} – ${short(max)}) ${unit}`,
    `${short(peer)} ${unit}`,
  ];
}

/** Three significant digits, and all of a whole number above them. */
function short(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : Number(value.toPrecision(3)).toString();
}
