/** What stands where the run will be: the question, and what the plan does about it. */

import { formatDuration } from "../../experiment/core/plan/duration.ts";
import { burstOf, type Plan } from "../../experiment/core/plan/plan.ts";
import { costWords } from "../../experiment/reports/cost-words.ts";
import { inWords, range } from "../../experiment/reports/numbers.ts";
import type { Snapshot } from "../state.ts";
import { type Line, wrapText } from "../terminal/styled-text.ts";

const INDENT = "   ";
/** Longer lines are hard to read. */
const MOST_COLUMNS = 76;

export function introductionLines({ plan, activity, cost }: Snapshot, columns: number): Line[] {
  const width = Math.min(columns - 2 * INDENT.length, MOST_COLUMNS);
  const paragraph = (text: string, style: { bold?: boolean; dim?: boolean } = {}): Line[] => [
    ...wrapText(text, width).map((line): Line => [{ text: INDENT + line, ...style }]),
    [],
  ];
  return [
    [],
    ...paragraph("Can one Node.js process of a Lambda function serve two requests at once?", {
      bold: true,
    }),
    ...paragraph(whatHappens(plan)),
    ...paragraph(
      "Whoever shares a process with another request finds the other's traces in its own globals. " +
        "Each answer appears below its execution environment as it returns.",
    ),
    ...paragraph([STATUS[activity] ?? "", ...(cost ? [costWords(cost)] : [])].join(" "), {
      dim: true,
    }),
  ];
}

const STATUS: Partial<Record<Snapshot["activity"], string>> = {
  idle: "Nothing fired yet. Press ⏎ to fire.",
  opening: "Waiting for the target …",
  arming: "Opening connections …",
  recycling: "Ending all environments …",
  reading: "Reading the record …",
  checking: "Reading the log …",
  stopping: "Stopping …",
};

function whatHappens({ stages, holdMs, steps }: Plan): string {
  const bursts = stages.map(burstOf);
  const later = stages.map((stage) => stage.requests - burstOf(stage));
  const isOne = bursts.every((burst) => burst === 1);
  return [
    new Set(bursts).size > 1 ? "Run by run " : "",
    `${range(bursts, inWords)} request${isOne ? " leaves" : "s leave"} at the same instant`,
    later.some((count) => count > 0) ? `, ${range(later, inWords)} more as answers return` : "",
    ". In the handler each one changes a global object, ",
    `waits ${steps} times ${formatDuration(holdMs / steps)}, `,
    "and answers with what the object holds by then.",
  ].join("");
}
