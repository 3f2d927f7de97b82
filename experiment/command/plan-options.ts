/** The plan on the command line: one that has a name or a file, and the options that change it. */

import { createRequire } from "node:module";
import type { Command } from "commander";
import { printableLine } from "../../basics/printable.ts";
import type { Plan } from "../core/plan/plan.ts";
import {
  changePlan,
  NAMED_PLANS,
  type ParsedPlan,
  type PlanInput,
  type PlanOptions,
  parsePlan,
} from "../core/plan/plan-input.ts";

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
    meaning: "how long the handler waits (reference: 5s)",
  },
  runs: { flag: "--runs", value: "<n>", meaning: "runs, one after the other (default: 2)" },
  pause: { flag: "--pause", value: "<duration>", meaning: "between runs (default: 0s)" },
  duration: { flag: "--duration", value: "<duration>", meaning: "of the run (steady: 30s)" },
};
const FIELD_NAMES = Object.keys(FIELDS) as (keyof PlanOptions)[];

const PATHS = "its path has a / or ends in .json";

/** Adds `--plan`, the options that change a plan, and the list of plans below the help. */
export function addPlanOptions(program: Command): void {
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
export function readPlan(program: Command, kept: PlanInput = {}): { plan: Plan; input: PlanInput } {
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
    return { plan: planOr(program, changePlan(plan, given, named)), input: given };
  }
  const name = named ?? NAMED_PLANS[0].name;
  const known = NAMED_PLANS.find((plan) => plan.name === name);
  if (!known) {
    const names = NAMED_PLANS.map((plan) => plan.name).join(", ");
    return refuse(program, [`--plan: "${name}" is none of ${names}, nor a file's: ${PATHS}`]);
  }
  const input = named === undefined ? { ...kept, ...given } : given;
  return { plan: planOr(program, parsePlan(input, known)), input };
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
