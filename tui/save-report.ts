/** The page of a record, as `npm run report` makes it, in the folder where the screen was started. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeReport } from "../experiment/command/report-output.ts";
import { ensureRegular } from "../experiment/records/read-record.ts";
import { experimentPage } from "../experiment/reports/html/experiment-page.ts";
import { KEPT_IN_PAGE, readExperiment } from "../experiment/reports/recorded-experiment.ts";

/** In milliseconds; Ink waits 20 ms before an Esc is no beginning of another key. */
const KEY_MS = 40;

/**
 * @param record its path
 * @param signal stops it as long as the page is not written; the promise is rejected with its reason
 * @returns the page's name in that folder; one that is there already is never overwritten
 * @throws ExperimentError when the record cannot be read, or the page cannot be written
 */
export async function saveReport(record: string, signal: AbortSignal): Promise<string> {
  const name = basename(record, ".ndjson");
  let path = `${name}.html`;
  for (let copy = 2; existsSync(path); copy++) path = `${name}-${copy}.html`;
  await ensureRegular(record);
  const recorded = await readExperiment(record, KEPT_IN_PAGE, signal);
  await letKeysIn(signal);
  const page = experimentPage(recorded);
  await letKeysIn(signal);
  await writeReport(path, [page]);
  return path;
}

/** Between what takes long and cannot be stopped: an Esc that was pressed meanwhile is seen. */
async function letKeysIn(signal: AbortSignal): Promise<void> {
  await setTimeout(KEY_MS);
  signal.throwIfAborted();
}
