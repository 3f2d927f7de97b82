/** Where this program keeps what it keeps. */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { ExperimentError } from "../core/errors.ts";

/** Overrides the folder that holds records and settings. */
export const DATA_FOLDER_VARIABLE = "LAMBDA_CONCURRENCY_TEST_DATA";

/** The folder that the user named by the variable, if any. */
function namedDataFolder(): string | undefined {
  return process.env[DATA_FOLDER_VARIABLE] || undefined;
}

/** Whether there is a folder for what is kept: the user names one, or has a home folder. */
export function hasDataFolder(): boolean {
  return namedDataFolder() !== undefined || hasHome();
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

/**
 * Makes a folder that only its owner can look into, with those above it that are missing, one by
 * one. Node.js's own way to do that tries for ever where the system says of a new folder that what
 * is above it does not exist, though it does, as below `/proc`.
 *
 * @throws the system's error for the first one that cannot be made
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) {
    missing.push(folder);
    if (existsSync(dirname(folder))) break;
  }
  for (const folder of missing.reverse()) makeOne(folder);
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another one may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

/** Whether there is a folder under a path; what cannot even be looked at is none. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
