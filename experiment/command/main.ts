/** `npm run experiment`: one experiment without a screen. */

import { endInOrder, endWithNpm } from "../../basics/signals.ts";
import { ExperimentError } from "../core/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { parseOptions } from "./options.ts";
import { recordLine, untilTaken } from "./output.ts";

const options = parseOptions(process.argv.slice(2));
const interruption = new AbortController();
// The first Ctrl-C ends in order; one who is in a hurry can press it again.
endInOrder(() => interruption.abort());
endWithNpm();
let record: string | undefined;
process.exitCode = await main(interruption.signal);
await untilTaken(interruption.signal, () => {
  // Of what is read by programs somebody may miss the end from here on.
  process.exitCode = EXIT.interrupted;
  if (options.json && record !== undefined) process.stderr.write(recordLine(record));
});
// Nobody waits for what hangs, such as a program that was asked for credentials.
process.exit();

async function main(signal: AbortSignal): Promise<number> {
  try {
    // Who wants help does not wait for all that is needed to fire.
    const { run } = await import("./run.ts");
    const onRecord = (path: string) => {
      record = path;
    };
    return await run(options, signal, onRecord);
  } catch (error) {
    if (!(error instanceof ExperimentError) && signal.aborted) return EXIT.interrupted;
    const { printError } = await import("../reports/error-words.ts");
    printError(error);
    return EXIT.failed;
  }
}
