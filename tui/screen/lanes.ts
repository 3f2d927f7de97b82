/** The run as rows of text: environments in order of first use, their answers on a time axis. */

import stringWidth from "string-width";
import { isMixed } from "../../experiment/core/evidence.ts";
import { clientOf } from "../../experiment/core/plan.ts";
import type { Observation } from "../../experiment/core/record-lines.ts";
import { globalDataText } from "../../experiment/reports/global-data-text.ts";
import { printable } from "../../experiment/reports/printable.ts";
import type { EnvironmentState, Snapshot } from "../store.ts";

/** One row of the body. Widths are in terminal columns. */
export interface LaneRow {
  key: string;
  kind: "lane" | "globals" | "note";
  left: string;
  client: string;
  /** From the shot, in milliseconds; of a lane. */
  bar?: { from: number; until: number; open: boolean };
  right: string;
}

/** How wide the columns left of the bars are. */
export const LEFT_WIDTH = 26;
export const CLIENT_WIDTH = 12;

/**
 * Lays out the current run.
 *
 * @param now milliseconds since the shot, where bars of requests in flight end
 */
export function laneRows(snapshot: Snapshot, now: number): LaneRow[] {
  const { run, environments, labels } = snapshot;
  if (!run) return [];
  const used = environments.filter(({ answers }) => answers.length > 0);
  return [
    ...used.flatMap((environment) => environmentRows(environment, labels)),
    ...run.unplaced.map(unplacedRow),
    ...inFlightRows(snapshot, run.inFlight, now),
  ];
}

function environmentRows(
  environment: EnvironmentState,
  labels: ReadonlyMap<string, string>,
): LaneRow[] {
  const { id, position, answers } = environment;
  const title = `${String(position).padStart(2)}  ${labels.get(id) ?? ""}  ${history(environment)}`;
  return answers.flatMap((answer, row) => {
    const { response } = answer;
    const mixed = response && isMixed(response) ? "mixed" : "";
    const lane = laneRow(answer, row === 0 ? title : "", mixed);
    const globals = response ? globalDataText(response.globalData) : "";
    return [lane, { ...emptyRow, key: `${lane.key} globals`, kind: "globals", left: globals }];
  });
}

function history({ answers, invocations }: EnvironmentState): string {
  if (answers.some(({ response }) => response?.environment?.coldStart)) return "cold";
  return `${ordinal(invocations)} request`;
}

function laneRow(answer: Observation, left: string, right: string): LaneRow {
  const { index, sentAt = 0, answeredAt = sentAt } = answer;
  return {
    key: `request ${index}`,
    kind: "lane",
    left,
    client: toWidth(answer.client, CLIENT_WIDTH),
    bar: { from: sentAt, until: answeredAt, open: false },
    right,
  };
}

function unplacedRow(answer: Observation): LaneRow {
  const why = answer.message === undefined ? "" : ` (${printable(answer.message)})`;
  return { ...laneRow(answer, answer.outcome, ""), kind: "note", right: `${answer.outcome}${why}` };
}

function inFlightRows(
  { plan }: Snapshot,
  inFlight: ReadonlyMap<number, number>,
  now: number,
): LaneRow[] {
  return [...inFlight].map(([index, sentAt], row) => ({
    ...emptyRow,
    key: `request ${index}`,
    kind: "lane",
    left: row === 0 ? " in flight" : "",
    client: toWidth(clientOf(plan, index), CLIENT_WIDTH),
    bar: { from: sentAt, until: now, open: true },
  }));
}

const emptyRow = { left: "", client: "", right: "" };

/** A text in so many columns, cut with an ellipsis or padded. */
export function toWidth(text: string, width: number): string {
  // No character is wider than two columns, but many may have none: cut before counting.
  let shown = printable([...text.slice(0, 8 * width)].slice(0, 4 * width).join(""));
  if (stringWidth(shown) > width) {
    const characters = [...shown];
    while (stringWidth(characters.join("")) > width - 1) characters.pop();
    shown = `${characters.join("")}…`;
  }
  return shown + " ".repeat(width - stringWidth(shown));
}

function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  const suffix = teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}
