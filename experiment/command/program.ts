/** What the programs that fire have in common on their command lines: where to fire, and what. */

import { createRequire } from "node:module";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createCommand } from "../../basics/command-line.ts";
import { MODELS, type Model } from "../../basics/models.ts";
import { printableLine } from "../../basics/printable.ts";
import {
  MAX_SIZES,
  MODEL_OPTIONS,
  misplacedOption,
  optionMeaning,
  whole,
} from "../../local-lambda/options.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { type Plan, referencePlan } from "../core/plan/plan.ts";
import {
  changePlan,
  NAMED_PLANS,
  type ParsedPlan,
  type PlanInput,
  type PlanOptions,
  parsePlan,
  STEADY,
} from "../core/plan/plan-input.ts";
import { type LocalSizes, parseTarget, type TargetChoice } from "../targets/open-target.ts";
import { VERSION } from "../version.ts";

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
    program.addOption(
      whole(`${option} <n>`, optionMeaning(name, SIZES[name]), [1, MAX_SIZES[name]]),
    );
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

// The plan: one that has a name or a file, and the options that change it

/** How each option is called, and what it means. */
const FIELDS: Record<keyof PlanOptions, { flag: string; value: string; meaning: string }> = {
  clients: {
    flag: "--clients",
    value: "<names>",
    meaning: "names, separated by commas (default: the reference's five)",
  },
  concurrency: {
    flag: "--concurrency",
    value: "<n>",
    meaning: "requests in flight at once (reference: one for each client)",
  },
  requests: {
    flag: "--requests",
    value: "<n>",
    meaning: "how many in all, per run (default: the concurrency)",
  },
  hold: {
    flag: "--hold",
    value: "<duration>",
    meaning: `how long the handler waits (reference: ${typed(referencePlan.holdMs)})`,
  },
  runs: {
    flag: "--runs",
    value: "<n>",
    meaning: `runs, one after the other (default: ${referencePlan.stages.length})`,
  },
  pause: { flag: "--pause", value: "<duration>", meaning: "between runs (default: 0s)" },
  duration: {
    flag: "--duration",
    value: "<duration>",
    meaning: `of the run (steady: ${typed(STEADY.durationMs)})`,
  },
};
const FIELD_NAMES = Object.keys(FIELDS) as (keyof PlanOptions)[];

/** A duration as it is typed, without a space. */
function typed(ms: number): string {
  return formatDuration(ms).replace(" ", "");
}

const PATHS = "its path has a / or ends in .json";

/** Adds `--plan`, the options that change a plan, and the list of plans below the help. */
function addPlanOptions(program: Command): void {
  program.option("--plan <name or file>", "what to fire, see below (default: reference)");
  for (const { flag, value, meaning } of Object.values(FIELDS)) {
    program.option(`${flag} ${value}`, meaning);
  }
  const width = Math.max(...NAMED_PLANS.map(({ name }) => name.length));
  const lines = [
    ...NAMED_PLANS.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`),
    `  ${"FILE".padEnd(width)}  your own, as experiment/plans/plan.schema.json says; ${PATHS}`,
  ];
  program.addHelpText("after", `\nPlans, by the options that change them:\n${lines.join("\n")}`);
}

/**
 * Reads the plan of a parsed program; a wrong one ends the process like other wrong usage.
 *
 * @param kept what stands for the options that were not given, where no plan was named
 */
export function readPlan(program: Command, kept: PlanInput = {}): Plan {
  const options = program.opts<PlanOptions & { plan?: string }>();
  const given: PlanOptions = Object.fromEntries(
    FIELD_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  const { plan: named } = options;
  if (named !== undefined && isPath(named)) {
    const plan = loadPlanFile().readPlanFile(named);
    if (Array.isArray(plan))
      return refuse(
        program,
        plan.map((problem) => `--plan: ${problem}`),
      );
    return planOr(program, changePlan(plan, given, named));
  }
  const name = named ?? NAMED_PLANS[0].name;
  const known = NAMED_PLANS.find((plan) => plan.name === name);
  if (!known) {
    const names = NAMED_PLANS.map((plan) => plan.name).join(", ");
    return refuse(program, [`--plan: "${name}" is none of ${names}, nor a file's: ${PATHS}`]);
  }
  const input = named === undefined ? { ...kept, ...given } : given;
  return planOr(program, parsePlan(input, known));
}

function isPath(name: string): boolean {
  return name.includes("/") || name.endsWith(".json");
}

/** Read on demand and at once: zod takes longer to load than all that a screen begins with. */
function loadPlanFile(): typeof import("../plans/plan-file.ts") {
  return createRequire(import.meta.url)("../plans/plan-file.ts");
}

function planOr(program: Command, parsed: ParsedPlan<keyof PlanOptions>): Plan {
  if (parsed.ok) return parsed.plan;
  const problems = parsed.problems.map(({ field, message }) => `${FIELDS[field].flag}: ${message}`);
  return refuse(program, problems);
}

function refuse(program: Command, problems: readonly string[]): never {
  return program.error(`error: ${problems.map(printableLine).join("\n       ")}`);
}
