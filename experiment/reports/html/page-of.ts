/** The page of one recorded experiment, or of several beside each other. */

import { compareRecords } from "../comparison.ts";
import type { RecordedExperiment } from "../recorded-experiment.ts";
import { comparisonPage } from "./comparison-page.ts";
import { experimentPage } from "./experiment-page.ts";

export function pageOf(records: readonly RecordedExperiment[]): string {
  const [only, ...others] = records;
  return only && others.length === 0
    ? experimentPage(only)
    : comparisonPage(compareRecords(records));
}
