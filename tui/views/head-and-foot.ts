/** What stands above and below every view: target and plan, and the verdict with what is to be known. */

import { inWords, plural } from "../../basics/counts.ts";
import { printable } from "../../basics/printable.ts";
import { textWidth } from "../../basics/text-width.ts";
import { isUneven, type Plan } from "../../experiment/core/plan/plan.ts";
import type { Cost, HourlyCost } from "../../experiment/core/target.ts";
import { localTime } from "../../experiment/reports/numbers.ts";
import {
  hourlyParts,
  hourlyPhrase,
  planParts,
  verdictWords,
} from "../../experiment/reports/words.ts";
import { usdText } from "../../pricing/cost.ts";
import { isBusy, type Snapshot } from "../store.ts";
import { describeKnown } from "../target-words.ts";
import {
  clientColour,
  type Line,
  lineToWidth,
  paragraph,
  type Span,
  titledLines,
  toWidth,
  VERDICT_COLOURS,
} from "../terminal/styled-text.ts";

/** Columns of a plan's name. */
const MOST_NAME = 30;

/**
 * Three lines of so many columns: where the plan is fired at, what that proves, and the plan. Where
 * something is billed by the hour, a fourth.
 */
export function headLines(snapshot: Snapshot, width: number): Line[] {
  const { recorded, clients } = snapshot;
  const target = recorded ? describeKnown(recorded.target) : snapshot.target;
  const cost = recorded ? undefined : snapshot.cost;
  const hourly = recorded ? undefined : snapshot.target.hourly;
  const title: Span = { text: "Lambda Concurrency Test", bold: true };
  const when = recorded ? `recorded ${localTime(recorded.startedAt)} · ` : "";
  const where = toWidth(`${when}${target.title}`, width - title.text.length - 2).trimEnd();
  const gap = " ".repeat(Math.max(0, width - title.text.length - textWidth(where)));
  return [
    [title, { text: gap + where }],
    [{ text: toWidth(target.proves, width), dim: true }],
    lineToWidth(planLine(recorded?.plan ?? snapshot.plan, cost, clients, width), width),
    ...(hourly ? [hourlyLine(hourly, width)] : []),
  ];
}

/**
 * What is billed by the hour, and what ends it: the time of day, the sum and at last the command are left
 * out where there is no room for them. All of it is said on leaving.
 */
function hourlyLine(hourly: HourlyCost, width: number): Line {
  const { rate, sum } = hourlyParts(hourly);
  const ended = `${rate} until "${hourly.endCommand}"`;
  const least = `${rate} until they are destroyed`;
  const longest = [
    `${hourlyPhrase(hourly)}; "${hourly.endCommand}" ends it`,
    `${ended}, ${sum}`,
    ended,
  ];
  const title = "Managed Instances: ";
  const fitting = longest.find((words) => textWidth(title + words) <= width);
  return lineToWidth([{ text: printable(title + (fitting ?? least)), colour: "yellow" }], width);
}

/**
 * `Ana, Barbara · 2 runs of 4 requests, 2 at once, held 5 s`; long lists of names are cut. A plan
 * whose runs differ is called by its own name instead, and a narrow screen leaves the hold out.
 */
function planLine(
  plan: Plan,
  cost: Cost | undefined,
  clients: ReadonlyMap<string, number>,
  width: number,
): Line {
  const price = cost?.usd === undefined ? "" : ` · ${usdText(cost.usd)}`;
  const parts = planParts(plan);
  if (isUneven(plan)) {
    const name = toWidth(plan.name, MOST_NAME).trimEnd();
    const words = () => `${name}: ${parts.join(", ")}${price}`;
    if (textWidth(words()) > width) parts.pop();
    return [{ text: words() }];
  }
  const rest = ` · ${parts.join(", ")}${price}`;
  const names: Span[] = [];
  let room = width - textWidth(rest);
  for (const [index, name] of plan.clients.entries()) {
    const left = plan.clients.length - index;
    const text = printable(name);
    const separator = index > 0 ? ", " : "";
    room -= textWidth(separator + text);
    if (room < (left > 1 ? `, ${inWords(left - 1)} more`.length : 0)) {
      names.push({ text: index > 0 ? `, ${inWords(left)} more` : plural(left, "client") });
      break;
    }
    names.push({ text: separator }, { text, colour: clientColour(clients, name) });
  }
  return [...names, { text: rest }];
}

/** What was done, what went wrong, the verdict and what it rests on, wrapped to so many columns. */
export function footLines(snapshot: Snapshot, width: number): Line[] {
  const { awaited, notice = "", question, failure, obstacle, cautions } = snapshot;
  const { verdict, pooled, labels, isVerdictOld } = snapshot;
  if (question !== undefined) return titledLines(width, "ASKED FIRST", "yellow", question);
  const lines = untitled(width, notice);
  if (awaited !== undefined) lines.push(...titledLines(width, "WAITING", "yellow", awaited));
  if (failure) {
    return [
      ...lines,
      ...titledLines(width, "FAILED", "red", `${failure.message} ${failure.nextStep}`),
    ];
  }
  if (obstacle !== undefined && !isBusy(snapshot)) {
    return [
      ...lines,
      ...titledLines(width, "CANNOT FIRE", "yellow", `${obstacle} Change the plan.`),
    ];
  }
  if (!verdict || isVerdictOld || !isBusy(snapshot)) {
    lines.push(...cautions.flatMap((caution) => titledLines(width, "NOTE", "yellow", caution)));
  }
  if (!verdict) return lines;
  const { title, finding, evidence } = verdictWords(verdict, labels);
  const words = [
    ...titledLines(width, title, VERDICT_COLOURS[verdict.verdict], finding),
    ...untitled(width, pooled === undefined ? evidence : `${evidence} ${pooled}`),
  ];
  const faded = words.map((line) => line.map(({ text }) => ({ text, dim: true })));
  return [...lines, ...(isVerdictOld ? faded : words)];
}

function untitled(width: number, text: string): Line[] {
  return text === "" ? [] : paragraph(text, width, 0, {});
}
