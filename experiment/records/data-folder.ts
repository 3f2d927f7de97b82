/** Where this program keeps what it keeps. */

import { resolve } from "node:path";
import envPaths from "env-paths";

/** Overrides the folder that holds records and settings. */
export const DATA_FOLDER_VARIABLE = "LAMBDA_CONCURRENCY_TEST_DATA";

/** The folder that the user named by the variable, if any. */
export function namedDataFolder(): string | undefined {
  return process.env[DATA_FOLDER_VARIABLE] || undefined;
}

/** The folder of all records that were not written elsewhere, by the platform's custom. */
export function recordsFolder(): string {
  const data = namedDataFolder() ?? envPaths("lambda-concurrency-test", { suffix: "" }).data;
  return resolve(data, "records");
}
