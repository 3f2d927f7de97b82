/** An experiment, a report and an embedded Lambda as programs of their own, and the records that they leave. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Observation, RecordLine } from "../experiment/core/record-lines.ts";
import {
  commandOf,
  ROOT,
  type Running,
  resultOf,
  run,
  runToEnd,
  start,
  temporaryFolder,
} from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

const SCHEMA = join(ROOT, "experiment/records/record.schema.json");
const validate = new Ajv2020({ validateFormats: false }).compile<RecordLine>(
  JSON.parse(readFileSync(SCHEMA, "utf8")),
);

/**
 * Reads the lines of a record as any reader would: each is checked against the published JSON Schema.
 *
 * @throws Error that says what is wrong with the first line that the schema does not allow
 */
export function linesOf(ndjson: string): RecordLine[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((text) => {
      const line: unknown = JSON.parse(text);
      if (validate(line)) return line;
      throw new Error(JSON.stringify([validate.errors, line], undefined, 1));
    });
}

/** A record's lines; one that is being written, or was cut off, has no end and is left out. */
export function wholeLines(path: string | undefined): RecordLine[] {
  const text = path === undefined ? "" : readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole === "" ? [] : linesOf(whole);
}

/** Paths of the records in a data folder, the oldest first. */
export function recordsIn(data: string): string[] {
  const folder = join(data, "records");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** The lines of the oldest record in a data folder. */
export const recordIn = (data: string): RecordLine[] => wholeLines(recordsIn(data)[0]);

export function onlyObservations(lines: readonly RecordLine[]): Observation[] {
  return lines.filter((line): line is Observation => line.type === "observation");
}

export const outcomesOf = (lines: readonly RecordLine[]) =>
  onlyObservations(lines).map(({ outcome }) => outcome);

export const isConcluded = (lines: readonly RecordLine[]): boolean => {
  const last = lines.at(-1);
  return last?.type === "verdict" && last.run === null;
};

/** The shortest experiment. */
export const SHORT = ["--hold", "100ms", "--runs", "1"];

export interface RecordedRun extends Running {
  /** Where it keeps its records. */
  data: string;
  /** What stands on the record now, whole lines only. */
  record: () => RecordLine[];
  /** Names of what is in the folder for temporary files, which nobody else uses. */
  temporary: () => string[];
}

/**
 * Starts an experiment in a data folder of its own, unless the environment names another.
 *
 * @param machine what to start it with, where the machine should lack something
 */
export function startExperiment(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  machine: readonly string[] = [],
): RecordedRun {
  const temporary = temporaryFolder();
  const { LAMBDA_CONCURRENCY_TEST_DATA: data = temporaryFolder() } = env;
  const own = { LAMBDA_CONCURRENCY_TEST_DATA: data, TMPDIR: temporary };
  return {
    ...run([...machine, ...commandOf("experiment", args)], { ...own, ...env }),
    data,
    record: () => recordIn(data),
    temporary: () => readdirSync(temporary),
  };
}

/** Runs an experiment to its end; where `--out` names a file, the record is read there. */
export async function fire(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  machine: readonly string[] = [],
) {
  const running = startExperiment(args, env, machine);
  const result = await resultOf(running);
  const out = args.includes("--out") ? args[args.indexOf("--out") + 1] : undefined;
  const isFile = out !== undefined && statSync(out, { throwIfNoEntry: false })?.isFile();
  const record = isFile ? wholeLines(out) : running.record();
  const last = record.at(-1);
  /** The conclusion over the whole experiment, where one is recorded. */
  const verdict = last?.type === "verdict" ? last : undefined;
  const observations = onlyObservations(record);
  return { ...result, data: running.data, record, observations, verdict };
}

export type Fired = Awaited<ReturnType<typeof fire>>;

/** Makes a report. */
export const report = (...args: string[]) => runToEnd("report", args);

/** What a report of some records says as JSON. */
export async function reportJson(...paths: string[]) {
  return JSON.parse((await report(...paths, "--format", "json")).stdout);
}

export interface AloneLambda extends Running {
  url: string;
}

/** Starts an embedded Lambda alone. */
export async function startLambdaAlone(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<AloneLambda> {
  const running = start("local-lambda", args, env);
  const url = await waitUntil("the URL", () => /http:\S+/.exec(running.stdout())?.[0]);
  return { ...running, url };
}
