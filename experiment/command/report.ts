/** `npm run report`: recorded experiments as text, JSON, CSV or HTML. */

import { printableLine } from "../../basics/printable.ts";
import { endWithNpm, onEndingSignals } from "../../basics/signals.ts";
import { asSentence, ExperimentError } from "../core/errors.ts";
import { parseReportOptions } from "./report-options.ts";
import { UnwritableError, writeReport } from "./report-output.ts";

const EXIT = { made: 0, failed: 1, wrongUsage: 2, interrupted: 130 };

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
    if (!(error instanceof ExperimentError)) {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`error: ${asSentence(printableLine(message))}\nThis is a bug.`);
      return EXIT.failed;
    }
    console.error(
      `error: ${asSentence(printableLine(error.message))}\n${printableLine(error.nextStep)}`,
    );
    return error instanceof UnwritableError ? EXIT.failed : EXIT.wrongUsage;
  }
}
