/** `npm run experiment`: one experiment without a screen, from its options to its exit code. */

import { Option } from "commander";
import { parseArguments } from "../../basics/command-line.ts";
import { endInOrder, endWithNpm } from "../../basics/signals.ts";
import { ExperimentError } from "../core/errors.ts";
import { fileName, recordLine, untilTaken } from "./output.ts";
import { readPlan } from "./plan-options.ts";
import type { Ending, ExperimentOptions } from "./print-experiment.ts";
import { createProgram, readTarget } from "./program.ts";

/** Wrong usage is 2. */
const EXIT: Record<Ending | "failed", number> = {
  verdict: 0,
  failed: 1,
  inconclusive: 3,
  unexpected: 4,
  interrupted: 130,
};

const EXIT_CODES = `
Without options: the reference experiment, on this machine.

Exit codes: 0 a verdict was reached (and is the expected one), 1 the experiment failed,
2 wrong usage, 3 inconclusive or not confirmed by the cross-check, 4 another verdict than expected,
130 interrupted.`;

const options = parseOptions(process.argv.slice(2));
const interruption = new AbortController();
// The first Ctrl-C ends in order; the second one at once.
endInOrder(() => interruption.abort());
endWithNpm();
let record: string | undefined;
process.exitCode = EXIT[await main(interruption.signal)];
await untilTaken(interruption.signal, () => {
  // Of what is read by programs somebody may miss the end from here on.
  process.exitCode = EXIT.interrupted;
  if (options.json && record !== undefined) process.stderr.write(recordLine(record));
});
// Nobody waits for what hangs, such as a program that was asked for credentials.
process.exit();

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
function parseOptions(args: readonly string[]): ExperimentOptions {
  const command = createProgram(
    "experiment",
    "Fires requests at the same instant and concludes who shared a process with whom.",
    "local",
  )
    .addOption(
      new Option("--expect <verdict>", "exit 4 on another verdict").choices(["isolated", "shared"]),
    )
    .option("--out <file>", "where to record (default: the platform's data folder)", fileName)
    .option("--json", "print the record, one JSON object a line, and nothing else", false)
    .option("--control", "fire at a control first, which must show sharing", false)
    .option("--cross-check", "ask the stack's log afterwards whether the answers are true", false)
    .option("--yes", "fire without asking, also what costs a dollar or more", false)
    .addHelpText("after", EXIT_CODES);
  parseArguments(command, args);
  const raw = command.opts<Omit<ExperimentOptions, "plan" | "target">>();

  const { plan } = readPlan(command);
  const target = readTarget(command);
  if (/\.(html?|csv)$/i.test(raw.out ?? "")) {
    command.error(
      `error: --out: ${raw.out} would hold the record, which is NDJSON.\n` +
        "Name a file that ends in .ndjson; npm run report makes the page or the table of it.",
    );
  }
  if (raw.crossCheck && target.kind !== "stack") {
    command.error("error: --cross-check: only a stack has a log to ask; add --target stack");
  }
  return { ...raw, plan, target };
}

async function main(signal: AbortSignal): Promise<keyof typeof EXIT> {
  try {
    // Loaded late, so that help comes at once.
    const { printExperiment } = await import("./print-experiment.ts");
    return await printExperiment(options, signal, (path) => {
      record = path;
    });
  } catch (error) {
    if (!(error instanceof ExperimentError) && signal.aborted) return "interrupted";
    const { printError } = await import("../reports/error-words.ts");
    printError(error);
    return "failed";
  }
}
