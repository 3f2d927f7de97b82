/** What the programs that fire at a target have in common on their command lines. */

import { Command, Option } from "commander";
import type { Plan } from "../core/plan.ts";
import { type PlanInput, parsePlan } from "../core/plan-input.ts";
import { MODELS, type Model, parseTarget, type TargetChoice } from "../targets/target-choice.ts";
import { VERSION } from "../version.ts";

const WRONG_USAGE = 2;

/** How each field of a plan is called on the command line, and what it means. */
const PLAN_FIELDS: Record<keyof PlanInput, { flag: string; value: string; meaning: string }> = {
  clients: {
    flag: "--clients",
    value: "<names>",
    meaning: "names, separated by commas (default: the reference's five)",
  },
  concurrency: {
    flag: "--concurrency",
    value: "<n>",
    meaning: "requests in flight at once (default: one a client)",
  },
  requests: {
    flag: "--requests",
    value: "<n>",
    meaning: "how many in all, per run (default: the concurrency)",
  },
  hold: {
    flag: "--hold",
    value: "<duration>",
    meaning: "how long the handler waits (default: 5s)",
  },
  runs: { flag: "--runs", value: "<n>", meaning: "runs, one after the other (default: 2)" },
  pause: { flag: "--pause", value: "<duration>", meaning: "between runs (default: 0s)" },
};
const FIELDS = Object.keys(PLAN_FIELDS) as (keyof PlanInput)[];

/**
 * A command with `--target`, `--model`, the fields of a plan, `--help` and `--version`. Parsing
 * wrong arguments ends the process with a message and exit code 2, help and version with 0.
 *
 * @param defaultTarget in words
 */
export function createProgram(name: string, description: string, defaultTarget: string): Command {
  const program = new Command(name)
    .description(description)
    .option("--target <target>", `local, stack, stack:NAME or a URL (default: ${defaultTarget})`)
    .addOption(
      new Option("--model <model>", "how the local Lambda serves (default: on-demand)").choices(
        MODELS,
      ),
    );
  for (const field of FIELDS) {
    const { flag, value, meaning } = PLAN_FIELDS[field];
    program.option(`${flag} ${value}`, meaning);
  }
  return program
    .helpOption("--help", "show this help")
    .version(VERSION, "--version", "show the version")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE));
}

/**
 * Reads the plan of a parsed program; a wrong one ends the process like other wrong usage.
 *
 * @param defaults for the fields that were not given
 */
export function readPlan(
  program: Command,
  defaults: PlanInput = {},
): { plan: Plan; input: PlanInput } {
  const options = program.opts<PlanInput>();
  const given = FIELDS.filter((field) => options[field] !== undefined);
  const input = {
    ...defaults,
    ...Object.fromEntries(given.map((field) => [field, options[field]])),
  };
  const parsed = parsePlan(input);
  if (parsed.ok) return { plan: parsed.plan, input };
  const problems = parsed.problems.map(
    ({ field, message }) => `${PLAN_FIELDS[field].flag}: ${message}`,
  );
  return program.error(`error: ${problems.join("\n       ")}`);
}

/** Whether the target was given on the command line. */
export function isTargetGiven(program: Command): boolean {
  const { target, model } = program.opts<{ target?: string; model?: Model }>();
  return target !== undefined || model !== undefined;
}

/** Reads the target of a parsed program; a wrong one ends the process like other wrong usage. */
export function readTarget(program: Command): TargetChoice {
  const { target = "local", model = "on-demand" } = program.opts<{
    target?: string;
    model?: Model;
  }>();
  const choice = parseTarget(target, model);
  if (typeof choice === "string") return program.error(`error: --target: ${choice}`);
  return choice;
}
