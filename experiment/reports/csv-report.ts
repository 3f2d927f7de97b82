/**
 * The observations of a record as CSV by RFC 4180, fit to be opened in a spreadsheet: one a row, as
 * they are read. A fold would keep of each of them what a verdict rests on, which no row shows.
 */

import { printable } from "../../basics/printable.ts";
import {
  answerOf,
  type Observation,
  type RecordLine,
  type RunLine,
  runnerOf,
} from "../core/record-lines.ts";
import { isMixed } from "../core/verdict/evidence.ts";
import { begunRun } from "../records/fold.ts";
import { notReportable } from "../records/read-record.ts";
import { globalDataText, targetWords } from "./words.ts";

/**
 * What a spreadsheet may take for a formula, and for a command to another program: at the beginning
 * of a cell, and behind what separates cells elsewhere, where quotes in the middle of a line are none.
 */
const FORMULA = /(?<=^|[;|\t\r\n])(?=[\s"]*[=+\-@\uff0b\uff0d\uff1d\uff20])|^(?=[\t\r])/g;
const NEEDS_QUOTES = /[",;|\t\r\n]|^ | $/;

/** Without it in front of everything, Excel reads `Ä` as `Ã„`. Readers that expect it leave it out. */
const BYTE_ORDER_MARK = "\ufeff";

/** What a cell holds; `undefined` is an empty one. */
type Cell = string | number | boolean | undefined;

const COLUMNS: Record<string, (observation: Observation, run: RunLine) => Cell> = {
  experiment: (_, run) => run.experiment,
  role: (_, run) => run.role,
  run: (_, run) => run.index + 1,
  index: ({ index }) => index,
  client: ({ client }) => client,
  outcome: ({ outcome }) => outcome,
  status: ({ status }) => status,
  sentAtMs: ({ sentAt }) => sentAt,
  answeredAtMs: ({ answeredAt }) => answeredAt,
  latencyMs: ({ sentAt, answeredAt }) =>
    sentAt === undefined || answeredAt === undefined ? undefined : answeredAt - sentAt,
  environment: ({ response }) => response?.environment?.id,
  pid: ({ response }) => response?.environment?.pid,
  threadId: ({ response }) => response?.environment?.threadId,
  instance: ({ response }) => response?.environment?.instance,
  coldStart: ({ response }) => response?.environment?.coldStart,
  enteredAtMs: ({ response }) => response?.invocation?.enteredAt,
  leftAtMs: ({ response }) => response?.invocation?.leftAt,
  inFlightOnEntry: ({ response }) => response?.invocation?.inFlightOnEntry,
  inFlightPeak: ({ response }) => response?.invocation?.inFlightPeak,
  counter: ({ response }) => response?.globalData.counter,
  globalClient: ({ response }) => response?.globalData.client,
  globalData: ({ response }) => response && globalDataText(response.globalData),
  mixed: ({ response }) => response?.invocation && isMixed(response),
  requestId: ({ requestId, response }) => requestId ?? response?.invocation?.requestId,
  logStream: ({ logStream }) => logStream,
  message: ({ message }) => message,
  target: (_, run) => targetWords(run.target),
  runner: (observation, run) => runnerOf(observation, run),
};

/** What stands before all rows: what tells a spreadsheet that this is UTF-8, and the columns' names. */
export const CSV_HEADER = BYTE_ORDER_MARK + csvRow(Object.keys(COLUMNS));

/**
 * @param lines of a record
 * @param record what it is called
 * @throws ExperimentError when it is no record
 */
export async function* csvRows(
  lines: AsyncIterable<RecordLine>,
  record: string,
): AsyncGenerator<string> {
  const runs = new Map<string, RunLine>();
  try {
    for await (const line of lines) {
      // A run that begins twice is the one that began first.
      if (line.type === "run" && !runs.has(line.run)) runs.set(line.run, line);
      if (line.type !== "observation") continue;
      const run = begunRun(runs, line);
      const observation = { ...line, response: answerOf(line) };
      yield csvRow(Object.values(COLUMNS).map((column) => safe(column(observation, run))));
    }
  } catch (error) {
    throw notReportable(record, error);
  }
}

/** What a terminal would obey has no business in a table either. */
function safe(cell: Cell): Cell {
  return typeof cell === "string" ? printable(cell) : cell;
}

/**
 * One line, with its line break. Text is never a formula: where it could be one, an apostrophe stands
 * before it. Numbers stay numbers.
 */
export function csvRow(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(cell: Cell): string {
  if (typeof cell !== "string") return cell === undefined ? "" : String(cell);
  const harmless = cell.replaceAll(FORMULA, "'");
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
