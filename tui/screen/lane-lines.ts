/** The lines that blocks are made of. */

import { printable } from "../../basics/printable.ts";
import { clientOf } from "../../experiment/core/plan/plan.ts";
import type { Observation } from "../../experiment/core/record-lines.ts";
import { globalDataParts } from "../../experiment/reports/global-data-text.ts";
import { plural } from "../../experiment/reports/numbers.ts";
import type { GlobalData } from "../../handler/contract.ts";
import type { Invocation, RunState, Snapshot, Unplaced } from "../state.ts";
import { type Line, type Span, toWidth } from "../terminal/styled-text.ts";
import { type Bar, barLine, type TimeAxis } from "../views/time-axis.ts";
import { clientColour } from "./colours.ts";
import type { Density, LaneColumns } from "./lane-columns.ts";

/** Names that stand on a line that has little room. */
const LATEST = 6;
/** What the blocks of one frame have in common. */
export interface LaneContext {
  snapshot: Snapshot;
  run: RunState;
  columns: LaneColumns;
  axis: TimeAxis;
  /** Milliseconds since the shot, where open bars end. */
  now: number;
  density: Density;
}

export function laneLine(
  { snapshot, columns, axis }: LaneContext,
  title: string,
  answers: readonly Pick<Invocation, "client" | "sentAt" | "answeredAt">[],
  words: string,
): Line {
  const colour = (client: string) => clientColour(snapshot.clients, client);
  const client = answers.at(-1)?.client ?? "";
  const bars = answers.map(({ client, sentAt, answeredAt }): Bar => {
    return { from: sentAt, until: answeredAt, isOpen: false, colour: colour(client) };
  });
  return [
    { text: `${toWidth(` ${title}`, columns.left - 1)} ` },
    { text: `${toWidth(client, columns.client - 1)} `, colour: colour(client) },
    ...barLine(axis, bars),
    { text: toWidth(words && ` ${words}`, columns.right), colour: "red" },
  ];
}

export function globalsLine(context: LaneContext, data: GlobalData | undefined): Line {
  return data ? [{ text: "    " }, ...globalsSpans(context, data)] : [];
}

export function globalsSpans({ snapshot }: LaneContext, data: GlobalData): Span[] {
  return globalDataParts(data).map(({ text, client }) => ({
    text,
    colour: client === undefined ? undefined : clientColour(snapshot.clients, client),
  }));
}

/** Counter and latest clients alone, for lines that have no room for more. */
export function briefGlobals({ snapshot }: LaneContext, data: GlobalData): Span[] {
  const { counter, clients, dropped = 0 } = data;
  const latest = clients.slice(-LATEST);
  const isCut = latest.length < clients.length || dropped > 0;
  const names = latest.map((client, index): Span[] => [
    { text: index > 0 ? ", " : "" },
    { text: `"${printable(client)}"`, colour: clientColour(snapshot.clients, client) },
  ]);
  return [{ text: `counter ${counter}: ${isCut ? "… " : ""}` }, ...names.flat()];
}

export function unplacedLine({ snapshot, columns }: LaneContext, observation: Observation): Line {
  const { client, outcome, message = "" } = observation;
  return [
    { text: toWidth(` ${outcome}`, columns.left), colour: "yellow" },
    {
      text: `${toWidth(client, columns.client - 1)} `,
      colour: clientColour(snapshot.clients, client),
    },
    { text: printable(message), dim: true },
  ];
}

export function groupLine({ columns }: LaneContext, { outcome, message, count }: Unplaced): Line {
  return [
    { text: toWidth(` ${outcome}`, columns.left), colour: "yellow" },
    { text: `${plural(count, "request")}${message && `: ${printable(message)}`}`, dim: true },
  ];
}

export function inFlightLine(
  { snapshot, run, columns, axis, now }: LaneContext,
  index: number,
  sentAt: number,
  isFirst: boolean,
): Line {
  const client = clientOf(run.plan, index);
  const colour = clientColour(snapshot.clients, client);
  return [
    { text: toWidth(isFirst ? " in flight" : "", columns.left), dim: true },
    { text: `${toWidth(client, columns.client - 1)} `, colour },
    ...barLine(axis, [{ from: sentAt, until: now, isOpen: true, colour }]),
  ];
}
