/** `npm run experiment`: one experiment without a screen, from its options to its exit code. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { parseArguments } from "../../basics/command-line.ts";
import { MODELS, type Model } from "../../basics/models.ts";
import { endInOrder, endWithNpm } from "../../basics/signals.ts";
import { isStop } from "../core/abort.ts";
import type { Verdict } from "../core/record-lines.ts";
import { isFolder } from "../records/data-folder.ts";
import type { ExperimentEnding } from "../reports/summary.ts";
import { type FoundTarget, modelOf, type TargetChoice } from "../targets/open-target.ts";
import { lackOfFile, outputName, recordPlace, untilTaken } from "./output.ts";
import { addPartOptions, readAppointment } from "./part-options.ts";
import type { PrintedExperiment } from "./print-experiment.ts";
import {
  type AskedTargets,
  createProgram,
  modelsOption,
  readPlan,
  readTargets,
} from "./program.ts";

/** The verdict that is expected of each model, and of all others. */
type Expectations = ReadonlyMap<Model | undefined, Verdict>;

const EXPECTED = ["isolated", "shared"] as const;

/** Wrong usage is 2. */
const EXIT: Record<ExperimentEnding, number> = {
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

const { asked, findExperiments } = parseOptions(process.argv.slice(2));
const interruption = new AbortController();
// The first Ctrl-C ends in order; the second one at once.
endInOrder(() => interruption.abort());
endWithNpm();
let record: string | undefined;
process.exitCode = EXIT[await main(interruption.signal)];
await untilTaken(interruption.signal, () => {
  // Of what is read by programs somebody may miss the end from here on.
  process.exitCode = EXIT.interrupted;
  if (asked.json && record !== undefined) process.stderr.write(recordPlace(record));
});
// Nobody waits for what hangs, such as a program that was asked for credentials.
process.exit();

interface Parsed {
  asked: { json: boolean; areSeveral: boolean };
  /**
   * Which models a stack has is known when it is read. What does not fit them ends the process with a
   * message, like other wrong usage.
   */
  findExperiments: (signal: AbortSignal) => Promise<PrintedExperiment[]>;
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
function parseOptions(args: readonly string[]): Parsed {
  const command = createProgram(
    "experiment",
    "Fires requests at the same instant and concludes who shared a process with whom.",
    "local",
    modelsOption(),
  )
    .addOption(
      new Option(
        "--expect <verdict>",
        "exit 4 on another verdict than isolated or shared; of several models MODEL=VERDICT,…",
      ).argParser(parseExpectations),
    )
    .option(
      "--out <file>",
      "where to record, a folder of several models (default: the platform's data folder)",
      outputName,
    )
    .option("--json", "print the record, one JSON object a line, and nothing else", false)
    .option("--control", "fire at a control first, which must show sharing", false)
    .option("--cross-check", "ask the stack's log afterwards whether the answers are true", false)
    .option("--yes", "fire without asking, also what costs a dollar or more", false)
    .addHelpText("after", EXIT_CODES);
  addPartOptions(command);
  parseArguments(command, args);
  const { expect, ...raw } = command.opts<
    Omit<PrintedExperiment, "plan" | "target" | "expect" | "appointment"> & {
      expect?: Expectations;
    }
  >();

  const plan = readPlan(command);
  const targets = readTargets(command);
  const { choices, areSeveral } = targets;
  const { out, json, control, crossCheck } = raw;
  const appointment = readAppointment(command, { ...targets, plan, control, crossCheck });
  const refuseIf = (problem: string | undefined) => {
    if (problem !== undefined) command.error(`error: ${problem}`);
  };
  const refuseUnfitting = (fired: readonly TargetChoice[]) =>
    refuseIf(lackOfTarget(fired, raw, [...(expect?.keys() ?? [])]));
  refuseIf(areSeveral ? lackOfFolder(out) : lackOfRecord(out));
  if (choices[0].kind !== "stack") refuseUnfitting(choices);
  const toOptions = (target: FoundTarget): PrintedExperiment => {
    const model = modelOf(target.choice);
    const path = areSeveral && out !== undefined ? join(out, `${model}.ndjson`) : out;
    return {
      ...raw,
      out: path,
      expect: expect?.get(model) ?? expect?.get(undefined),
      plan,
      appointment,
      target,
    };
  };
  return {
    asked: { json, areSeveral },
    findExperiments: async (signal) => {
      const found = await findTargets(targets, signal);
      refuseUnfitting(found.map(({ choice }) => choice));
      return found.map(toOptions);
    },
  };
}

/** Why one experiment cannot be recorded there; or `undefined`. */
function lackOfRecord(out = ""): string | undefined {
  const lack = lackOfFile(out);
  if (lack !== undefined) return `--out: ${lack}`;
  if (!/\.(html?|csv)$/i.test(out)) return undefined;
  return (
    `--out: ${out} would hold the record, which is NDJSON.\n` +
    "Name a file that ends in .ndjson; npm run report makes the page or the table of it."
  );
}

/** Why several experiments cannot be recorded there; or `undefined`. */
function lackOfFolder(out: string | undefined): string | undefined {
  if (out === undefined || !existsSync(out) || isFolder(out)) return undefined;
  return `--out: ${out} is a file.\nName a folder: several models have a record each.`;
}

/** Why what was asked for does not fit the targets; or `undefined`. */
function lackOfTarget(
  targets: readonly TargetChoice[],
  { crossCheck, control }: Pick<PrintedExperiment, "crossCheck" | "control">,
  expected: readonly (Model | undefined)[],
): string | undefined {
  const models = targets.map(modelOf);
  if (crossCheck && targets.some(({ kind }) => kind !== "stack")) {
    return "--cross-check: only a stack has a log to ask; add --target stack";
  }
  if (control && targets.length > 1 && models.includes("web-function")) {
    return "--control: web-function is one of the models, and must show sharing itself";
  }
  const unknown = expected.find((model) => model !== undefined && !models.includes(model));
  return unknown && `--expect: nothing is fired at ${unknown}; name it with --model`;
}

function parseExpectations(text: string): Expectations {
  const expected = new Map<Model | undefined, Verdict>();
  for (const part of text.split(",")) {
    const [, name, word] = /^(?:([\w-]+)=)?(\w+)$/.exec(part.trim()) ?? [];
    const model = MODELS.find((one) => one === name);
    const verdict = EXPECTED.find((one) => one === word);
    if (verdict === undefined || model !== name || expected.has(model)) {
      throw new InvalidArgumentError(
        `Allowed choices are ${EXPECTED.join(" and ")}, or one for each model, such as ` +
          "on-demand=isolated,web-function=shared.",
      );
    }
    expected.set(model, verdict);
  }
  return expected;
}

/** Finds what is fired at, one target after the other; a stack is read once. */
async function findTargets(
  { choices, areAllOfStack }: AskedTargets,
  signal: AbortSignal,
): Promise<readonly FoundTarget[]> {
  const { findStackTargets, openTarget } = await import("../targets/open-target.ts");
  const [first] = choices;
  if (first.kind === "stack") {
    const models = areAllOfStack ? "all" : choices.flatMap((choice) => modelOf(choice) ?? []);
    return findStackTargets(first.stack, models, signal);
  }
  return choices.map((choice) => ({
    choice,
    open: (signal, onWait) => openTarget(choice, signal, onWait),
  }));
}

async function main(signal: AbortSignal): Promise<keyof typeof EXIT> {
  try {
    // Loaded late, so that help comes at once.
    const [{ printExperiments }, experiments] = await Promise.all([
      import("./print-experiment.ts"),
      findExperiments(signal),
    ]);
    return await printExperiments(experiments, asked.areSeveral, signal, (path) => {
      record = path;
    });
  } catch (error) {
    if (isStop(error, signal)) return "interrupted";
    const { printError } = await import("../reports/error-words.ts");
    printError(error);
    return "failed";
  }
}
