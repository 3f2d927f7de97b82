/** What `npm run report` makes of records, in each of its formats. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { printableLines } from "../basics/printable.ts";
import { type CheckReport, readCheck } from "../check/reports/report.ts";
import { reportPage } from "../check/reports/report-page.ts";
import { reportText } from "../check/reports/report-text.ts";
import { ExperimentError } from "../experiment/core/errors.ts";
import { isOfPart } from "../experiment/core/record-lines.ts";
import { isFolder } from "../experiment/records/data-folder.ts";
import type { Keep } from "../experiment/records/fold.ts";
import { gatherRecords } from "../experiment/records/merge-parts.ts";
import { recordName } from "../experiment/records/record-text.ts";
import { compareRecords } from "../experiment/reports/comparison.ts";
import { comparisonText } from "../experiment/reports/comparison-text.ts";
import { CSV_HEADER, csvRows } from "../experiment/reports/csv-report.ts";
import { KEPT_IN_TEXT, textReport } from "../experiment/reports/experiment-text.ts";
import { pageOf } from "../experiment/reports/html/comparison-page.ts";
import { jsonComparison, jsonReport } from "../experiment/reports/json-report.ts";
import {
  KEPT_IN_PAGE,
  type RecordedExperiment,
  readExperiments,
} from "../experiment/reports/recorded-experiment.ts";

export type Format = "text" | "json" | "csv" | "html";

export interface ReportOptions {
  files: readonly string[];
  format: Format;
  /** Where to; standard output unless given. */
  out?: string | undefined;
  /** Where to write the record of all parts, which is then reported. */
  record?: string | undefined;
}

/** How many answers each format shows whole. */
const KEPT: Record<Exclude<Format, "csv">, Keep> = {
  text: KEPT_IN_TEXT,
  json: { perRun: 0, inAll: 0 },
  html: KEPT_IN_PAGE,
};

/**
 * Reads records and reports them, one alone or several compared.
 *
 * @returns the text, in parts where it may be long
 * @throws ExperimentError when a file is no record
 */
export async function reportIn(options: ReportOptions): Promise<AsyncIterable<string> | string[]> {
  const { files, format } = options;
  for (const file of files) {
    const check = readCheck(file);
    if (check) return [textOfCheck(check, options, file)];
  }
  if (format === "csv") return csvParts(files);
  const records = await readExperiments(files, KEPT[format]);
  if (format === "html") return [pageOf(records)];
  const [only] = records;
  return [records.length === 1 && only ? reportOf(only, options) : comparisonOf(records, format)];
}

/**
 * The record of the experiment whose parts these are, as it is written.
 *
 * @throws ExperimentError when they are not those of one
 */
export async function* mergedRecord(files: readonly string[]): AsyncGenerator<string> {
  let isMerged = false;
  for await (const { first, isLog, lines, notes } of gatherRecords(files)) {
    if (isMerged || first.type !== "run" || !(isLog || isOfPart(first))) {
      throw new ExperimentError("records not mergeable", {});
    }
    isMerged = true;
    for await (const line of lines) yield `${JSON.stringify(line)}\n`;
    printNotes(notes);
  }
}

/** Where what is made of records has no place for notes. */
function printNotes(notes: readonly string[]): void {
  for (const words of notes) console.error(`Note: ${words}`);
}

/** What a folder's records and logs are called. */
const RECORDED = /\.(?:log|ndjson(?:\.gz)?)$/;

/**
 * The records that a name stands for: a folder's are all in it.
 *
 * @throws ExperimentError when there are none in it
 */
export function filesIn(path: string): string[] {
  // A name that leads to nothing is told of by whoever reads it.
  if (!isFolder(path)) return [path];
  const names = readdirSync(path).filter((name) => RECORDED.test(name));
  if (names.length > 0) return names.sort().map((name) => join(path, name));
  throw new ExperimentError("no records in folder", { folder: path });
}

/** A check stands alone, and has no table. */
function textOfCheck(check: CheckReport, { files, format }: ReportOptions, record: string): string {
  const why =
    files.length > 1
      ? "a check is reported alone"
      : "a check has no table: name another format than csv";
  if (files.length > 1 || format === "csv") {
    throw new ExperimentError("record not reportable", { record, why });
  }
  if (format === "html") return reportPage(check);
  return format === "json" ? jsonText(check) : reportText(check);
}

function reportOf(record: RecordedExperiment, { format, out }: ReportOptions): string {
  if (format === "json") return jsonText(jsonReport(record));
  const colour = out === undefined && (process.stdout.hasColors?.() ?? false);
  return textReport(record, colour);
}

function comparisonOf(records: readonly RecordedExperiment[], format: Format): string {
  const comparison = compareRecords(records);
  return format === "json" ? jsonText(jsonComparison(comparison)) : comparisonText(comparison);
}

function jsonText(report: object): string {
  // What is unprintable is escaped as JSON would have it, and is read back as it was.
  return `${printableLines(JSON.stringify(report, undefined, 2))}\n`;
}

async function* csvParts(files: readonly string[]): AsyncGenerator<string> {
  yield CSV_HEADER;
  for await (const { lines, path, notes } of gatherRecords(files)) {
    yield* csvRows(lines, recordName(path));
    printNotes(notes);
  }
}
