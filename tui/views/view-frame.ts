/**
 * What all views have in common: how head, body and foot share the rows; in the head target and plan, in
 * the foot the verdict with what is to be known, and the keys.
 */

import { Box, type Key, Text, useCursor, useIsScreenReaderEnabled } from "ink";
import { createElement as h, type ReactNode } from "react";
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
  VERDICT_COLOURS,
  verdictWords,
} from "../../experiment/reports/words.ts";
import { usdText } from "../../pricing/cost.ts";
import type { Session } from "../session.ts";
import { isBusy, type Snapshot } from "../store.ts";
import { describeKnown } from "../target-words.ts";
import { type Binding, keysLine, movingBindings, useBindings, useCell } from "../terminal/keys.ts";
import {
  clientColour,
  type Line,
  lineToWidth,
  paragraph,
  positionWords,
  type Span,
  scrollTo,
  titledLines,
  toWidth,
} from "../terminal/styled-text.ts";

/** What the body shows; one component each. */
export type View =
  | { name: "run" }
  | { name: "edit" }
  | { name: "targets" }
  | { name: "details"; environment: string }
  | { name: "history" }
  /** Leads back to where it was asked for. */
  | { name: "help"; back: View };

export interface ViewProps {
  session: Session;
  snapshot: Snapshot;
  layout: FrameLayout;
  /** Shows another view. */
  go: (view: View) => void;
  help: () => void;
  quit: () => void;
}

export interface Size {
  columns: number;
  rows: number;
}

export const MIN_SIZE: Size = { columns: 60, rows: 15 };
const RULES = 2;
const KEY_ROWS = 1;
/** However long the foot's text is. */
const LEAST_BODY_ROWS = 4;
const MORE: Line = [{ text: "… (a larger terminal shows it all)", dim: true }];
/** From here on a verdict takes fewer lines. */
const WIDE = 100;

export interface FrameLayout extends Size {
  head: Line[];
  /** The text above the keys. */
  foot: Line[];
  footRows: number;
  bodyRows: number;
}

/** Shares out the rows: the foot takes what its text needs, the body what is left. */
export function frameLayout(snapshot: Snapshot, { columns, rows }: Size): FrameLayout {
  const head = headLines(snapshot, columns - 2);
  const text = footLines(snapshot, columns - 2);
  // The last row stays free: Ink clears the whole terminal when a frame fills it.
  const shared = rows - 1 - head.length - RULES - KEY_ROWS;
  // The body does not move when a verdict comes.
  const wanted = Math.max(text.length, columns < WIDE ? 4 : 3);
  const footRows = Math.min(wanted, shared - LEAST_BODY_ROWS);
  const foot = text.length <= footRows ? text : [...text.slice(0, footRows - 1), MORE];
  return { columns, rows, head, foot, footRows, bodyRows: shared - footRows };
}

/** Columns of a plan's name. */
const MOST_NAME = 30;

/**
 * Three lines of so many columns: where the plan is fired at, what that proves, and the plan. Where
 * something is billed by the hour, a fourth.
 */
function headLines(snapshot: Snapshot, width: number): Line[] {
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
function footLines(snapshot: Snapshot, width: number): Line[] {
  const { awaited, notice = "", question, failure, obstacle, cautions } = snapshot;
  const { verdict, pooled, labels, isVerdictOld } = snapshot;
  if (question !== undefined) return titledLines(width, "ASKED FIRST", "yellow", question.words);
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

const COLUMN = { flexDirection: "column" } as const;
const FIXED = { flexShrink: 0 } as const;
const INDENTED = { ...FIXED, paddingX: 1 } as const;

interface FrameProps {
  view: Pick<ViewProps, "layout">;
  bindings: readonly Binding[];
  /** Which part of the body is seen, such as `1–12 of 1,000`; nothing when all is. */
  position?: string | undefined;
  /** The body. */
  lines: readonly Line[];
  /** The first line that is seen, where not the first of all. */
  offset?: number;
  /** Lines that are seen in any case, and where the cursor stands on the first of them. */
  focus?: { start: number; end: number; cursorColumn?: number | undefined };
  /** Takes keys before the bindings do, and says whether it has: a field of text. */
  onText?: (input: string, key: Key) => boolean;
}

export function Frame({ view, bindings, position = "", lines, onText, ...shown }: FrameProps) {
  useBindings(bindings, onText);
  const { columns, rows, head: headText, foot, footRows, bodyRows } = view.layout;
  const { offset: wanted = 0, focus } = shown;
  const window = { offset: wanted, height: bodyRows, total: lines.length };
  const offset = focus ? scrollTo(window, focus) : wanted;
  const { setCursorPosition } = useCursor();
  const x = focus?.cursorColumn;
  const y = headText.length + 1 + (focus?.start ?? 0) - offset;
  setCursorPosition(x === undefined ? undefined : { x, y });

  const head = h(Lines, { lines: headText });
  const below = h(Lines, { lines: foot });
  const keys = h(Text, { dimColor: true, wrap: "truncate" }, keysLine(bindings, columns - 2));
  // Read aloud, rules and empty rows are noise, and nothing needs to be scrolled.
  if (useIsScreenReaderEnabled()) return h(Box, COLUMN, head, h(Lines, { lines }), below, keys);
  const body = h(Lines, { lines: lines.slice(offset, offset + bodyRows) });
  return h(
    Box,
    { ...COLUMN, width: columns, height: rows - 1 },
    h(Box, { ...COLUMN, ...INDENTED }, head),
    h(Rule, { columns, words: "" }),
    h(Box, { ...COLUMN, ...FIXED, height: bodyRows, overflow: "hidden" }, body),
    h(Rule, { columns, words: position }),
    h(Box, { ...COLUMN, ...INDENTED, height: footRows }, below),
    h(Box, INDENTED, keys),
  );
}

function Rule({ columns, words }: { columns: number; words: string }) {
  const label = words && ` ${words} ──`;
  return h(Text, { dimColor: true }, `${"─".repeat(columns - label.length)}${label}`);
}

function Lines({ lines }: { lines: readonly Line[] }): ReactNode {
  return lines.map((line, row) =>
    h(Text, { key: row, wrap: "truncate" }, line.length === 0 ? " " : line.map(toText)),
  );
}

function toText({ text, colour = "", bold = false, dim = false }: Span, index: number): ReactNode {
  return h(Text, { key: index, color: colour, bold, dimColor: dim }, text);
}

/** A page of lines that may be longer than the screen, and the keys that scroll it. */
export function ScrolledPage({ view, lines, bindings }: Omit<FrameProps, "position" | "onText">) {
  const scrolled = useCell(() => 0);
  const page = view.layout.bodyRows;
  const total = lines.length;
  const last = Math.max(0, total - page);
  const first = () => Math.min(scrolled.current, last);
  const moveBy = (steps: number) => scrolled.set(Math.max(0, Math.min(last, first() + steps)));
  const offset = first();
  return h(Frame, {
    view,
    lines,
    offset,
    bindings:
      last > 0 ? [...movingBindings("↑↓ scroll", { page, total }, moveBy), ...bindings] : bindings,
    position: positionWords(offset + 1, offset + page, total),
  });
}
