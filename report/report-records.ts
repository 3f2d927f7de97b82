/** `npm run report`: recorded experiments as text, JSON, CSV or HTML, from options to exit code. */

import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { createCommand, parseArguments, WRONG_USAGE } from "../basics/command-line.ts";
import { printableLine } from "../basics/printable.ts";
import { endWithNpm, onEndingSignals } from "../basics/signals.ts";
import { fileName, recordPlace, writeReport } from "../experiment/command/output.ts";
import { type ErrorKind, ExperimentError } from "../experiment/core/errors.ts";
import { recordsFolder } from "../experiment/records/data-folder.ts";
import { STANDARD_INPUT } from "../experiment/records/record-text.ts";
import { VERSION } from "../experiment/version.ts";
import type { Format, ReportOptions } from "./report-formats.ts";

const EXIT = { made: 0, failed: 1, wrongUsage: WRONG_USAGE, interrupted: 130 };
/** Failures that are no wrong usage. */
const UNWRITTEN: ReadonlySet<ErrorKind> = new Set([
  "report not created",
  "report not written",
  "report not printed",
]);

const FORMATS: readonly Format[] = ["text", "json", "csv", "html"];
const FORMAT_OF: Record<string, Format> = {
  ".json": "json",
  ".csv": "csv",
  ".html": "html",
  ".htm": "html",
  ".txt": "text",
  "": "text",
};

const AFTER = `
One file is reported; several are listed, with what the experiments of each deployment say
together, and of two, or on a page, with what differs. A folder stands for the .log and .ndjson files in it. Records of the parts
of one experiment are reported as one. The record of npm run check-handler is reported alone. CSV
has a row for each request, and begins with a byte order mark.

Exit codes: 0 the report was made, 1 it could not be written, 2 wrong usage, or a file that is no
record, 130 interrupted.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseReportOptions(args);
  endWithNpm();
  try {
    // Loaded late, so that help comes at once.
    const { filesIn, mergedRecord, reportIn } = await import("./report-formats.ts");
    const { out, record } = options;
    const files = options.files.flatMap(filesIn);
    // In order, so that half a file does not stay.
    if (out !== undefined || record !== undefined) {
      onEndingSignals(() => process.exit(EXIT.interrupted));
    }
    if (record !== undefined) {
      await writeReport(record, mergedRecord(files));
      process.stderr.write(recordPlace(record));
    }
    const reported = record === undefined ? files : [record];
    await writeReport(out, await reportIn({ ...options, files: reported }));
    if (out !== undefined) console.error(`Report: ${printableLine(out)}`);
    return EXIT.made;
  } catch (error) {
    const { printError } = await import("../experiment/reports/error-words.ts");
    printError(error);
    const isWrongUsage = error instanceof ExperimentError && !UNWRITTEN.has(error.kind);
    return isWrongUsage ? EXIT.wrongUsage : EXIT.failed;
  }
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
function parseReportOptions(args: readonly string[]): ReportOptions {
  const command = createCommand(
    "report",
    "Reports a recorded experiment, or compares several, from their records alone.",
  )
    .argument(
      "[files...]",
      "records, as npm run experiment writes them, what k6 logged, or folders; - is standard input",
    )
    .addOption(
      new Option(
        "--format <format>",
        "format of the report (default: by the ending of --out, else text)",
      ).choices(FORMATS),
    )
    .option(
      "--out <file>",
      "file of the report; never overwrites (default: standard output)",
      fileName,
    )
    .option(
      "--record <file>",
      "write the record of the experiment whose parts these are; never overwrites",
      recordFile,
    )
    .version(VERSION, "--version", "show the version")
    .addHelpText("after", AFTER);
  parseArguments(command, args);
  if (command.args.length === 0) {
    command.error(`error: No record was named.\nName a file${suchAs()}; --help says more.`);
  }
  if (command.args.filter((name) => name === STANDARD_INPUT).length > 1) {
    command.error("error: Standard input can be read once.\nName - once.");
  }
  const { format, out, record } = command.opts<Partial<ReportOptions>>();
  const implied = FORMAT_OF[extname(out ?? "").toLowerCase()];
  if (format === undefined && implied === undefined) {
    command.error(
      `error: --out: the ending of ${out} is that of no report.\n` +
        "Name a file that ends in .html, .json, .csv or .txt, or add --format.",
    );
  }
  return { files: command.args, format: format ?? implied ?? "text", out, record };
}

/**
 * Takes the name of the file of a record.
 *
 * @throws InvalidArgumentError for what cannot be one
 */
function recordFile(value: string): string {
  if (value === "-")
    throw new InvalidArgumentError("Standard output is the report's: name a file.");
  return fileName(value);
}

/** The latest record, if this user has any. Their names begin with the time. */
function suchAs(): string {
  try {
    const folder = recordsFolder();
    const records = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
    const latest = records.sort().at(-1);
    return latest === undefined ? "" : `, such as the latest one: ${join(folder, latest)}`;
  } catch {
    return "";
  }
}
