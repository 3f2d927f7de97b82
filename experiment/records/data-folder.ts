/** Where this program keeps what it keeps. */

import { createRequire } from "node:module";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { ExperimentError } from "../core/errors.ts";

/** Overrides the folder that holds records and settings. */
export const DATA_FOLDER_VARIABLE = "LAMBDA_CONCURRENCY_TEST_DATA";

/** The folder that the user named by the variable, if any. */
function namedDataFolder(): string | undefined {
  return process.env[DATA_FOLDER_VARIABLE] || undefined;
}

/**
 * The folder of all records that were not written elsewhere, by the platform's custom.
 *
 * @throws ExperimentError when the user has no home folder and named no other
 */
export function recordsFolder(): string {
  return resolve(namedDataFolder() ?? platformFolders().data, "records");
}

/**
 * The folder of the settings, by the platform's custom.
 *
 * @throws ExperimentError when the user has no home folder and named no other
 */
export function settingsFolder(): string {
  return resolve(namedDataFolder() ?? platformFolders().config);
}

/** Whether the user has a home folder: in a container, under a number without a name, there is none. */
export function hasHome(): boolean {
  try {
    return homedir() !== "";
  } catch {
    return false;
  }
}

/** Loaded on demand: it asks for the home folder at once, and fails where there is none. */
function platformFolders(): { data: string; config: string } {
  if (!hasHome()) throw new ExperimentError("no home folder", {});
  const load = createRequire(import.meta.url);
  const { default: envPaths }: typeof import("env-paths") = load("env-paths");
  return envPaths("lambda-concurrency-test", { suffix: "" });
}
