/** The record of a check, as `npm run report` finds it among others. */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { ExperimentError, rootMessage } from "../../experiment/core/errors.ts";
import { parseReport, type Report } from "./report.ts";

/** What such a record begins with, in so many bytes. */
const BEGINNING = { bytes: 100, form: /^\s*\{\s*"kind":\s*"check"/ };

/**
 * Reads a file if it is the record of a check.
 *
 * @returns `undefined` for any other, and for one that cannot be read
 * @throws ExperimentError when it begins as one and is none
 */
export function readCheck(path: string): Report | undefined {
  if (!BEGINNING.form.test(beginningOf(path))) return undefined;
  let report: Report | string;
  try {
    report = parseReport(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    report = rootMessage(error);
  }
  if (typeof report !== "string") return report;
  throw new ExperimentError("record not reportable", { record: path, why: report });
}

function beginningOf(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const buffer = Buffer.alloc(BEGINNING.bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0)).toString();
  } catch {
    return "";
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
