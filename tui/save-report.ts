/** The page of a record, as `npm run report` makes it, in the folder where the screen was started. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { writeReport } from "../experiment/command/report-output.ts";
import { experimentPage } from "../experiment/reports/html/experiment-page.ts";
import { KEPT_IN_PAGE, readExperiment } from "../experiment/reports/recorded-experiment.ts";

/**
 * @param record its path
 * @returns the page's name in that folder; one that is there already is never overwritten
 * @throws ExperimentError when the record cannot be read, or the page cannot be written
 */
export async function saveReport(record: string): Promise<string> {
  const name = basename(record, ".ndjson");
  let path = `${name}.html`;
  for (let copy = 2; existsSync(path); copy++) path = `${name}-${copy}.html`;
  await writeReport(path, [experimentPage(await readExperiment(record, KEPT_IN_PAGE))]);
  return path;
}
