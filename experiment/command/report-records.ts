/** `npm run report`: recorded experiments as text, JSON, CSV or HTML, from options to exit code. */

import { extname } from "node:path";
import { Command, Option } from "commander";
import { printableLine, printableLines } from "../../basics/printable.ts";
import { endWithNpm, onEndingSignals } from "../../basics/signals.ts";
import { type ErrorKind, ExperimentError } from "../core/errors.ts";
import { recordsFolder } from "../records/data-folder.ts";
import { STANDARD_INPUT } from "../records/record-text.ts";
import { VERSION } from "../version.ts";
import type { Format, ReportOptions } from "./make-report.ts";
import { fileName } from "./output.ts";
import { writeReport } from "./report-output.ts";

const EXIT = { made: 0, failed: 1, wrongUsage: 2, interrupted: 130 };
/** What is nobody's wrong usage. */
const UNWRITTEN: ReadonlySet<ErrorKind> = new Set(["report not written", "report not printed"]);

const FORMATS: readonly Format[] = ["text", "json", "csv", "html"];
const FORMAT_OF: Record<string, Format> = {
  ".json": "json",
  ".csv": "csv",
  ".html": "html",
  ".htm": "html",
};

const AFTER = `
One file is reported; two are compared; more are listed, with what the experiments of each
deployment say together. CSV has a row for each request, and begins with a byte order mark.

Exit codes: 0 the report was made, 1 it could not be written, 2 wrong usage, or a file that is no
record, 130 interrupted.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseReportOptions(args);
  endWithNpm();
  try {
    // Loaded late, so that help comes at once.
    const { textOf } = await import("./make-report.ts");
    const text = await textOf(options);
    // In order, so that half a file does not stay.
    if (options.out !== undefined) onEndingSignals(() => process.exit(EXIT.interrupted));
    await writeReport(options.out, text);
    if (options.out !== undefined) console.error(`Report: ${printableLine(options.out)}`);
    return EXIT.made;
  } catch (error) {
    const { printError } = await import("../reports/error-words.ts");
    printError(error);
    const isWrongUsage = error instanceof ExperimentError && !UNWRITTEN.has(error.kind);
    return isWrongUsage ? EXIT.wrongUsage : EXIT.failed;
  }
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
function parseReportOptions(args: readonly string[]): ReportOptions {
  const command = new Command("npm run report --")
    .description("Reports a recorded experiment, or compares several, from their records alone.")
    .argument("[files...]", "records, as npm run experiment writes them; - is standard input")
    .addOption(
      new Option(
        "--format <format>",
        "how to (default: as the name of --out ends, otherwise text)",
      ).choices(FORMATS),
    )
    .option("--out <file>", "where to; never overwrites (default: standard output)", fileName)
    .helpOption("--help", "show this help")
    .version(VERSION, "--version", "show the version")
    .addHelpText("after", AFTER)
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.wrongUsage));
  command.parse(args, { from: "user" });
  if (command.args.length === 0) {
    command.error(`error: No record was named.\nName a file${suchAs()}; --help says more.`);
  }
  if (command.args.filter((name) => name === STANDARD_INPUT).length > 1) {
    command.error("error: Standard input can be read once.\nName - once.");
  }
  const { format, out } = command.opts<{ format?: Format; out?: string }>();
  const implied = out === undefined ? undefined : FORMAT_OF[extname(out).toLowerCase()];
  return { files: command.args, format: format ?? implied ?? "text", out };
}

/** A folder where there may be a record, unless this user has none. */
function suchAs(): string {
  try {
    return `, such as the latest one in ${recordsFolder()}`;
  } catch {
    return "";
  }
}
