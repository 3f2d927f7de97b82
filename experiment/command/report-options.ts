/** The command line of `npm run report`. */

import { extname } from "node:path";
import { Command, Option } from "commander";
import { printableLines } from "../../basics/printable.ts";
import { recordsFolder } from "../records/data-folder.ts";
import { STANDARD_INPUT } from "../records/record-text.ts";
import { VERSION } from "../version.ts";
import { fileName } from "./file-name.ts";

const FORMATS = ["text", "json", "csv", "html"] as const;
export type Format = (typeof FORMATS)[number];

export interface ReportOptions {
  files: readonly string[];
  format: Format;
  /** Where to; standard output unless given. */
  out?: string | undefined;
}

const WRONG_USAGE = 2;
const FORMAT_OF: Record<string, Format> = {
  ".json": "json",
  ".csv": "csv",
  ".html": "html",
  ".htm": "html",
};

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseReportOptions(args: readonly string[]): ReportOptions {
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
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE));
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

/** Where there may be one, unless this user has no such folder. */
function suchAs(): string {
  try {
    return `, such as the latest one in ${recordsFolder()}`;
  } catch {
    return "";
  }
}

const AFTER = `
One file is reported; two are compared; more are listed, with what the experiments of each
deployment say together. CSV has a row for each request, and begins with a byte order mark.

Exit codes: 0 the report was made, 1 it could not be written, 2 wrong usage, or a file that is no
record, 130 interrupted.`;
