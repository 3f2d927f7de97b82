/** `npm run experiment`: one experiment without a screen. */

import { ExperimentError } from "../core/errors.ts";
import { printableLine } from "../reports/printable.ts";
import { EXIT } from "./exit-codes.ts";
import { parseOptions } from "./options.ts";
import { untilTaken } from "./output.ts";

const BUG = "This is a bug. What was recorded until then is kept.";

process.exitCode = await main(process.argv.slice(2));
await untilTaken();
// Nobody waits for what hangs, such as a program that was asked for credentials.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const interruption = new AbortController();
  // The first Ctrl-C ends in order; one who is in a hurry can press it again.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => interruption.abort());
  }
  try {
    // Who wants help does not wait for all that is needed to fire.
    const { run } = await import("./run.ts");
    return await run(options, interruption.signal);
  } catch (error) {
    const isKnown = error instanceof ExperimentError;
    if (!isKnown && interruption.signal.aborted) return EXIT.interrupted;
    const message = error instanceof Error ? error.message : String(error);
    const nextStep = isKnown ? error.nextStep : BUG;
    console.error(`error: ${printableLine(message)}\n${printableLine(nextStep)}`);
    return EXIT.failed;
  }
}
