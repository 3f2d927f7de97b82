/** The head's text: where the plan is fired at, what that proves, and the plan on one line. */

import stringWidth from "string-width";
import { printable } from "../../basics/printable.ts";
import { isUneven, type Plan } from "../../experiment/core/plan/plan.ts";
import type { Cost } from "../../experiment/core/target.ts";
import { usdText } from "../../experiment/reports/cost-words.ts";
import { inWords, localTime, plural } from "../../experiment/reports/numbers.ts";
import { planParts } from "../../experiment/reports/target-words.ts";
import type { Snapshot } from "../state.ts";
import { describeKnown } from "../targets.ts";
import { type Line, lineToWidth, type Span, toWidth } from "../terminal/styled-text.ts";
import { clientColour } from "./colours.ts";

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
 * `Ana, Barbara · 2 runs of 4 requests, 2 at once, held 5 s`; long lists of names are cut. A plan
 * whose runs differ is called by its own name instead, and a narrow screen leaves the hold out.
 */
function planLine(
  plan: Plan,
  cost: Cost | undefined,
  clients: ReadonlyMap<string, number>,
  width: number,
): Line {
  const price = cost ? ` · ${usdText(cost.usd)}` : "";
  const parts = planParts(plan);
  if (isUneven(plan)) {
    const name = toWidth(plan.name, MOST_NAME).trimEnd();
    const words = () => `${name}: ${parts.join(", ")}${price}`;
    if (stringWidth(words()) > width) parts.pop();
    return [{ text: words() }];
  }
  const rest = ` · ${parts.join(", ")}${price}`;
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
