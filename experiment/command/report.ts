/** `npm run report`: recorded experiments as text, JSON, CSV or HTML. */

import { printableLine } from "../../basics/printable.ts";
import { endWithNpm, onEndingSignals } from "../../basics/signals.ts";
import { type ErrorKind, ExperimentError } from "../core/errors.ts";
import { parseReportOptions } from "./report-options.ts";
import { writeReport } from "./report-output.ts";

const EXIT = { made: 0, failed: 1, wrongUsage: 2, interrupted: 130 };
/** What is nobody's wrong usage. */
const UNWRITTEN: ReadonlySet<ErrorKind> = new Set(["report not written", "report not printed"]);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseReportOptions(args);
  endWithNpm();
  try {
    // Who wants help does not wait for all formats.
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
