/** `npm run k6`: the files by which k6 fires an experiment, from options to exit code. Nothing is fired. */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { parseArguments, WRONG_USAGE } from "../../basics/command-line.ts";
import { printable, printableLine } from "../../basics/printable.ts";
import { endWithNpm } from "../../basics/signals.ts";
import { whole } from "../../local-lambda/options.ts";
import { ExperimentError, rootCode, rootMessage } from "../core/errors.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Target } from "../core/target.ts";
import { makeFolder } from "../records/data-folder.ts";
import type { TargetChoice } from "../targets/open-target.ts";
import { largestBurst } from "../targets/resources.ts";
import { outputName } from "./output.ts";
import { isoTime, parseTime, timeToCome } from "./part-options.ts";
import { createProgram, modelOption, readPlan, readTarget } from "./program.ts";

const EXIT = { written: 0, failed: 1, wrongUsage: WRONG_USAGE };
const MOST_RUNNERS = 1_000;
/** From now until the first shot at the least, in milliseconds. */
const LEAD_MS = 120_000;

const AFTER = `
k6 (https://grafana.com/docs/k6) fires what is written, on one machine or several, or on Kubernetes.
Nothing is fired now. docs/more-machines.md says more.

Exit codes: 0 the files were written, 1 they were not, 2 wrong usage.`;

interface K6Options {
  plan: Plan;
  target: TargetChoice;
  runners: number;
  /** In milliseconds since 1970. */
  startAt: number;
  out: string;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  endWithNpm();
  try {
    // Loaded late, so that help comes at once.
    const { openTarget } = await import("../targets/open-target.ts");
    const target = await openTarget(options.target, undefined, (words) => console.error(words));
    try {
      await write(options, target);
    } finally {
      await target.close();
    }
    return EXIT.written;
  } catch (error) {
    const { printError } = await import("../reports/error-words.ts");
    printError(error);
    return EXIT.failed;
  }
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
function parseOptions(args: readonly string[]): K6Options {
  const command = createProgram(
    "k6",
    "Writes a script by which k6 fires an experiment from several machines, and says how to run it.",
    "stack",
    modelOption(),
  )
    .addOption(whole("--runners <n>", "how many fire a part each", [1, MOST_RUNNERS], 2))
    .addOption(
      new Option(
        "--start-at <time>",
        "when they fire, such as 2026-11-30T12:00:00Z (default: in some minutes)",
      ).argParser(parseTime),
    )
    .requiredOption("--out <folder>", "a new folder for the files", outputName)
    .addHelpText("after", AFTER);
  parseArguments(command, args);
  const { runners, startAt, out, target } = command.opts<
    Pick<K6Options, "runners" | "out"> & { startAt?: number; target?: string }
  >();
  if (target === undefined) command.setOptionValue("target", "stack");
  const plan = readPlan(command);
  const choice = readTarget(command);
  if (choice.kind === "local") {
    command.error(
      "error: --target: the embedded Lambda that experiments start ends with them.\n" +
        'Start one with "npm run local-lambda -- --port 9000", and name its URL.',
    );
  }
  const most = largestBurst(plan);
  if (runners > most) {
    command.error(`error: --runners: a burst of ${most} has parts for ${most} at most.`);
  }
  return { plan, target: choice, runners, startAt: startAt ?? timeToCome(LEAD_MS), out };
}

/**
 * Writes files into a new folder.
 *
 * @throws ExperimentError when there is something in it, or it cannot be written
 */
function writeFiles(folder: string, files: Record<string, string>): void {
  try {
    makeFolder(folder);
    if (readdirSync(folder).length > 0)
      throw new ExperimentError("folder in use", { path: folder });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text, { flag: "wx", mode: 0o600 });
    }
  } catch (cause) {
    if (cause instanceof ExperimentError) throw cause;
    const facts = { path: folder, why: rootMessage(cause), code: rootCode(cause) };
    throw new ExperimentError("report not created", facts, { cause });
  }
}

/** Writes the files, and prints what the plan will meet, and the commands. */
async function write({ plan, runners, startAt, out }: K6Options, target: Target): Promise<void> {
  const [{ k6Commands, k6Files }, { costWords, firedWords, hourlyWords }, { SIGNED_SERVICE }] =
    await Promise.all([
      import("../k6/write-files.ts"),
      import("../reports/words.ts"),
      import("../targets/aws-credentials.ts"),
    ]);
  // Others fire: this machine has enough open files for one request.
  const [obstacle] = await target.obstacles(plan, { number: 1, of: largestBurst(plan) });
  if (obstacle !== undefined) throw new ExperimentError("plan impossible", { obstacle });
  const { region } = target.description;
  const signing =
    target.openSigner && region !== undefined ? { region, service: SIGNED_SERVICE } : undefined;
  const experiment = { plan, target, runners, startAt: isoTime(startAt), signing };
  const notes = [
    ...((await target.cautions?.(plan)) ?? []).map((caution) => `Note: ${caution}`),
    ...(target.hourly ? [`Note: ${hourlyWords(target.hourly)}`] : []),
    ...(target.cost ? [costWords(target.cost(plan))] : []),
  ];
  writeFiles(out, k6Files(experiment));
  const { machines, kubernetes } = k6Commands(experiment, out);
  const where = machines.length > 1 ? "On each machine one of these" : "On a machine with k6 this";
  const lines = [
    firedWords(plan, target.description),
    ...notes.map(printableLine),
    "k6 opens connections with the requests: a burst spreads further than one of our own runner.",
    "",
    `${where}, before ${isoTime(startAt)}:`,
    ...machines.map((command) => `  ${command}`),
    "",
    "Or on Kubernetes, with the k6 operator:",
    ...kubernetes.map((command) => `  ${command}`),
    "",
    `Then, with all logs in ${out}:`,
    `  npm run report -- ${out}`,
  ];
  process.stdout.write(`${lines.map(printable).join("\n")}\n`);
}
