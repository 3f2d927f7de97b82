/** The head's text: where the plan is fired at, what that proves, and the plan on one line. */

import stringWidth from "string-width";
import { formatDuration } from "../../experiment/core/plan/duration.ts";
import { isUneven, type Plan, requestsOf } from "../../experiment/core/plan/plan.ts";
import type { Cost } from "../../experiment/core/target.ts";
import { usdText } from "../../experiment/reports/cost-words.ts";
import { inWords, localTime, plural } from "../../experiment/reports/numbers.ts";
import { printable } from "../../experiment/reports/printable.ts";
import type { Snapshot } from "../state.ts";
import { describeKnown } from "../targets.ts";
import { clientColour } from "./colours.ts";
import { type Line, lineToWidth, type Span, toWidth } from "./text.ts";

/** Columns of a plan's name. */
const MOST_NAME = 30;

/** Three lines of so many columns. */
export function headLines(snapshot: Snapshot, width: number): Line[] {
  const { recorded, clients } = snapshot;
  const target = recorded ? describeKnown(recorded.target) : snapshot.target;
  const cost = recorded ? undefined : snapshot.cost;
  const title: Span = { text: "Lambda Concurrency Test", bold: true };
  const when = recorded ? `recorded ${localTime(recorded.startedAt)} · ` : "";
  const where = toWidth(`${when}${target.title}`, width - title.text.length - 2).trimEnd();
  const gap = " ".repeat(Math.max(0, width - title.text.length - stringWidth(where)));
  return [
    [title, { text: gap + where }],
    [{ text: toWidth(target.proves, width), dim: true }],
    lineToWidth(planLine(recorded?.plan ?? snapshot.plan, cost, clients, width), width),
  ];
}

/**
 * `Ana, Barbara · 2 at once · 4 requests · hold 5 s · 2 runs`; long lists of names are cut. A plan
 * whose runs differ is called by its own name instead.
 */
function planLine(
  plan: Plan,
  cost: Cost | undefined,
  clients: ReadonlyMap<string, number>,
  width: number,
): Line {
  const price = cost ? ` · ${usdText(cost.usd)}` : "";
  if (isUneven(plan)) return [{ text: unevenWords(plan, width - price.length) + price }];
  const rest = ` · ${planWords(plan)}${price}`;
  const names: Span[] = [];
  let room = width - stringWidth(rest);
  for (const [index, name] of plan.clients.entries()) {
    const behind = plan.clients.length - index - 1;
    const text = printable(name);
    const separator = index > 0 ? ", " : "";
    room -= stringWidth(separator + text);
    if (room < (behind > 0 ? `, ${inWords(behind)} more`.length : 0)) {
      const rest = `, ${inWords(behind + 1)} more`;
      names.push({ text: index > 0 ? rest : plural(behind + 1, "client") });
      break;
    }
    names.push({ text: separator }, { text, colour: clientColour(clients, name) });
  }
  return [...names, { text: rest }];
}

function planWords({ stages, holdMs }: Plan): string {
  const [stage] = stages;
  const pause = stages.find(({ pauseMs }) => pauseMs > 0)?.pauseMs;
  return [
    `${inWords(stage?.concurrency ?? 0)} at once`,
    plural(stage?.requests ?? 0, "request"),
    `hold ${formatDuration(holdMs)}`,
    plural(stages.length, "run") + (pause ? `, pause ${formatDuration(pause)}` : ""),
  ].join(" · ");
}

/** `ramp: 1 to 64 at once · 7 runs · 127 requests · hold 1 s`; a narrow screen leaves the hold out. */
function unevenWords(plan: Plan, width: number): string {
  const { name, stages, holdMs } = plan;
  const concurrencies = stages.map(({ concurrency }) => concurrency);
  const pauses = stages.map(({ pauseMs }) => pauseMs);
  // Where nothing is waited for before the first run, the pauses are those between runs.
  const between = pauses[0] === 0 ? pauses.slice(1) : pauses;
  const atOnce = `${range(concurrencies, inWords)} at once`;
  const pause = between.some((ms) => ms > 0) ? `, pauses ${range(between, formatDuration)}` : "";
  const words = [
    `${toWidth(name, MOST_NAME).trimEnd()}: ${atOnce}`,
    plural(stages.length, "run") + pause,
    plural(requestsOf(plan), "request"),
  ].join(" · ");
  const whole = `${words} · hold ${formatDuration(holdMs)}`;
  return stringWidth(whole) <= width ? whole : words;
}

/** The least and the greatest of some numbers, or the one that they all are. */
function range(values: readonly number[], words: (value: number) => string): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map(words);
  return least === greatest ? `${least}` : `${least} to ${greatest}`;
}
