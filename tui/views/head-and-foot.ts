/** The foot's text: what was done, what went wrong, the verdict and what it rests on. */

import { verdictWords } from "../../experiment/reports/verdict-words.ts";
import { VERDICT_COLOURS } from "../screen/colours.ts";
import type { Snapshot } from "../state.ts";
import { isBusy } from "../state.ts";
import { type Line, wrapText } from "../terminal/styled-text.ts";

/** Wrapped to a width in columns. */
export function footLines(snapshot: Snapshot, width: number): Line[] {
  const { awaited, notice, question, failure, obstacle, cautions } = snapshot;
  const { verdict, pooled, labels, isVerdictOld } = snapshot;
  const lines = notice === undefined ? [] : wrapped(width, notice);
  if (question !== undefined) return titled(width, "ASKED FIRST", "yellow", question);
  if (awaited !== undefined) lines.push(...titled(width, "WAITING", "yellow", awaited));
  if (failure) {
    return [...lines, ...titled(width, "FAILED", "red", `${failure.message} ${failure.nextStep}`)];
  }
  if (obstacle !== undefined && !isBusy(snapshot)) {
    return [...lines, ...titled(width, "CANNOT FIRE", "yellow", `${obstacle} Change the plan.`)];
  }
  if (!verdict || isVerdictOld || !isBusy(snapshot)) {
    lines.push(...cautions.flatMap((caution) => titled(width, "NOTE", "yellow", caution)));
  }
  if (!verdict) return lines;
  const { title, finding, evidence } = verdictWords(verdict, labels);
  const colour = VERDICT_COLOURS[verdict.verdict];
  const words = [
    ...titled(width, title, isVerdictOld ? undefined : colour, finding),
    ...wrapped(width, [evidence, ...(pooled === undefined ? [] : [pooled])].join(" ")),
  ];
  return [...lines, ...(isVerdictOld ? words.map(faded) : words)];
}

function titled(width: number, title: string, colour: string | undefined, text: string): Line[] {
  const [first = "", ...rest] = wrapText(`${title}  ${text}`, width);
  const beginning = { text: title, bold: true, colour };
  return [
    [beginning, { text: first.slice(title.length) }],
    ...rest.map((line) => [{ text: line }]),
  ];
}

function wrapped(width: number, text: string): Line[] {
  return text === "" ? [] : wrapText(text, width).map((line) => [{ text: line }]);
}

function faded(line: Line): Line {
  return line.map(({ text }) => ({ text, dim: true }));
}
