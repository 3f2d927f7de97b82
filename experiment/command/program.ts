/** What the programs that fire at a target have in common on their command lines. */

import { type Command, Option } from "commander";
import { createCommand } from "../../basics/command-line.ts";
import { MAX_SIZES, MODEL_OPTIONS, misplacedOption, whole } from "../../local-lambda/options.ts";
import {
  type LocalSizes,
  MODELS,
  type Model,
  parseTarget,
  type TargetChoice,
} from "../targets/target-choice.ts";
import { VERSION } from "../version.ts";
import { addPlanOptions } from "./plan-options.ts";

interface TargetOptions extends LocalSizes {
  target?: string;
  model?: Model;
}

/** What each size of the embedded Lambda means. */
const SIZES: Record<keyof LocalSizes, string> = {
  environments: "environments, started beforehand",
  workers: "worker threads in each of them",
  maxConcurrency: "requests at once in one environment",
};
const SIZE_NAMES = Object.keys(SIZES) as (keyof LocalSizes)[];

/**
 * A command with `--target`, the options of the embedded Lambda and of a plan, `--help` and
 * `--version`. Parsing wrong arguments ends the process with a message and exit code 2, help and
 * version with 0.
 *
 * @param defaultTarget in words
 */
export function createProgram(name: string, description: string, defaultTarget: string): Command {
  const program = createCommand(name, description)
    .option("--target <target>", `local, stack, stack:NAME or a URL (default: ${defaultTarget})`)
    .addOption(
      new Option("--model <model>", "how the embedded Lambda serves (default: on-demand)").choices(
        MODELS,
      ),
    );
  for (const name of SIZE_NAMES) {
    const { option, models } = MODEL_OPTIONS[name];
    const meaning = `${models.join(", ")}: ${SIZES[name]}`;
    program.addOption(whole(`${option} <n>`, meaning, [1, MAX_SIZES[name]]));
  }
  addPlanOptions(program);
  return program.version(VERSION, "--version", "show the version");
}

/** Whether the target was given on the command line. */
export function isTargetGiven(program: Command): boolean {
  const { target, model, ...rest } = program.opts<TargetOptions>();
  return target !== undefined || model !== undefined || firstOf(rest) !== undefined;
}

/** Reads the target of a parsed program; a wrong one ends the process like other wrong usage. */
export function readTarget(program: Command): TargetChoice {
  const options = program.opts<TargetOptions>();
  const { target = "local", model, environments, workers, maxConcurrency } = options;
  const choice = parseTarget(target, model ?? "on-demand");
  if (typeof choice === "string") return program.error(`error: --target: ${choice}`);
  const sizes: LocalSizes = {
    ...(environments !== undefined && { environments }),
    ...(workers !== undefined && { workers }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  };
  if (choice.kind === "local") {
    const problem = misplacedOption(choice.model, sizes);
    return problem === undefined ? { ...choice, ...sizes } : program.error(`error: ${problem}`);
  }
  const misplaced = firstOf(sizes);
  if (misplaced === undefined && model === undefined) return choice;
  const option = misplaced === undefined ? "--model" : MODEL_OPTIONS[misplaced].option;
  return program.error(`error: ${option}: only the embedded Lambda takes it; use --target local`);
}

/** The first size that was given, if any was. */
function firstOf(sizes: LocalSizes): keyof LocalSizes | undefined {
  return SIZE_NAMES.find((name) => sizes[name] !== undefined);
}
