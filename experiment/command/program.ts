/** What the programs that fire at a target have in common on their command lines. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { createCommand } from "../../basics/command-line.ts";
import { MODELS, type Model } from "../../basics/models.ts";
import {
  MAX_SIZES,
  MODEL_OPTIONS,
  meaningOf,
  misplacedOption,
  whole,
} from "../../local-lambda/options.ts";
import { type LocalSizes, parseTarget, type TargetChoice } from "../targets/open-target.ts";
import { VERSION } from "../version.ts";
import { addPlanOptions } from "./plan-options.ts";

/** Models as they were asked for: `all` that there are, or those that were named. */
type AskedModels = "all" | readonly Model[];

interface TargetOptions extends LocalSizes {
  target?: string;
  model?: Model | AskedModels;
}

/** Where to fire, as far as the command line says it. */
export interface AskedTargets {
  /** One for each model that was named; of a stack whose models are all wanted, the stack. */
  choices: readonly [TargetChoice, ...TargetChoice[]];
  /** Whether several models were asked for, however many there will be. */
  areSeveral: boolean;
  /** Whether all models of a stack are wanted: which it has is known when it is read. */
  areAllOfStack: boolean;
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
 * @param model the option that names the model, or several
 */
export function createProgram(
  name: string,
  description: string,
  defaultTarget: string,
  model: Option,
): Command {
  const program = createCommand(name, description)
    .option("--target <target>", `local, stack, stack:NAME or a URL (default: ${defaultTarget})`)
    .addOption(model);
  for (const name of SIZE_NAMES) {
    const { option } = MODEL_OPTIONS[name];
    program.addOption(whole(`${option} <n>`, meaningOf(name, SIZES[name]), [1, MAX_SIZES[name]]));
  }
  addPlanOptions(program);
  return program.version(VERSION, "--version", "show the version");
}

/** `--model` with one of the models. */
export function modelOption(): Option {
  return new Option(
    "--model <model>",
    "how the embedded Lambda serves (default: on-demand), or which function of a stack (default: its first)",
  ).choices(MODELS);
}

/** `--model` with one of the models, several, or all; they are fired at in the order of {@link MODELS}. */
export function modelsOption(): Option {
  return new Option(
    "--model <models>",
    "how the embedded Lambda serves (default: on-demand), or which function of a stack (default: " +
      `its first): ${MODELS.join(", ")}, several of them, or all`,
  ).argParser((text): AskedModels => {
    if (text === "all") return text;
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !MODELS.some((model) => model === name));
    if (unknown === undefined) return MODELS.filter((model) => names.includes(model));
    throw new InvalidArgumentError(
      `Allowed choices are ${MODELS.join(", ")}, several of them separated by commas, or all.`,
    );
  });
}

/** Whether the target was given on the command line. */
export function isTargetGiven(program: Command): boolean {
  const { target, model, ...rest } = program.opts<TargetOptions>();
  return target !== undefined || model !== undefined || firstOf(rest) !== undefined;
}

/** Reads the target of a parsed program; a wrong one ends the process like other wrong usage. */
export function readTarget(program: Command): TargetChoice {
  return readTargets(program).choices[0];
}

/** Reads the targets of a parsed program; wrong ones end the process like other wrong usage. */
export function readTargets(program: Command): AskedTargets {
  const options = program.opts<TargetOptions>();
  const { target = "local", model, environments, workers, maxConcurrency } = options;
  const isAll = model === "all";
  const named = isAll || model === undefined ? [] : [model].flat();
  const choice = parseTarget(target, named[0]);
  if (typeof choice === "string") return program.error(`error: --target: ${choice}`);
  const sizes: LocalSizes = {
    ...(environments !== undefined && { environments }),
    ...(workers !== undefined && { workers }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  };
  const areSeveral = isAll || named.length > 1;
  if (choice.kind === "local") {
    const others = isAll ? MODELS.filter((one) => one !== choice.model) : named.slice(1);
    const toTarget = (one: Model) => localTarget(program, one, [choice.model, ...others], sizes);
    const choices = [toTarget(choice.model), ...others.map(toTarget)] as const;
    return { choices, areSeveral, areAllOfStack: false };
  }
  const misplaced = firstOf(sizes);
  if (misplaced !== undefined) {
    const { option } = MODEL_OPTIONS[misplaced];
    return program.error(`error: ${option}: only the embedded Lambda takes it; use --target local`);
  }
  if (choice.kind === "url" && model !== undefined) {
    return program.error(
      "error: --model: only the embedded Lambda and a stack have models; use --target local or stack",
    );
  }
  const others = named.slice(1).map((one) => ({ ...choice, model: one }));
  return { choices: [choice, ...others], areSeveral, areAllOfStack: isAll };
}

/** Sizes go to those of the models that have them; one that none of them has is refused. */
function localTarget(
  program: Command,
  model: Model,
  models: readonly Model[],
  sizes: LocalSizes,
): TargetChoice {
  const has = (some: Model, name: keyof LocalSizes) =>
    MODEL_OPTIONS[name].models.some((owner) => owner === some);
  const own: LocalSizes = { ...sizes };
  for (const name of SIZE_NAMES) {
    if (!has(model, name) && models.some((other) => has(other, name))) delete own[name];
  }
  const problem = misplacedOption(model, own);
  return problem === undefined
    ? { kind: "local", model, ...own }
    : program.error(`error: ${problem}`);
}

/** The first size that was given, if any was. */
function firstOf(sizes: LocalSizes): keyof LocalSizes | undefined {
  return SIZE_NAMES.find((name) => sizes[name] !== undefined);
}
