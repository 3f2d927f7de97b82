/** The plan on the command line: one that has a name or a file, and the options that change it. */

import { createRequire } from "node:module";
import type { Command } from "commander";
import { printableLine } from "../../basics/printable.ts";
import { LIMITS, type Plan } from "../core/plan/plan.ts";
import { duration, fieldReader, type PlanProblem, parseClients } from "../core/plan/plan-fields.ts";
import type { PlanInput } from "../core/plan/plan-input.ts";
import { DESIGNS, type DesignInput } from "../plans/designs.ts";
import { findDesign, parseDesign } from "../plans/parse-design.ts";

/** How each option is called, and what it means. */
const FIELDS: Record<keyof DesignInput, { flag: string; value: string; meaning: string }> = {
  clients: {
    flag: "--clients",
    value: "<names>",
    meaning: "names, separated by commas (default: the reference's five)",
  },
  concurrency: {
    flag: "--concurrency",
    value: "<n>",
    meaning: "requests in flight at once (reference: one a client)",
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
const FIELD_NAMES = Object.keys(FIELDS) as (keyof DesignInput)[];

/** What a plan file leaves to the command line. */
const OVERRIDES = ["clients", "hold"] as const satisfies (keyof DesignInput)[];

const PATHS = "its path has a / or ends in .json";

/** Adds `--plan`, the options that change a plan, and the list of plans below the help. */
export function addPlanOptions(program: Command): void {
  program.option("--plan <name or file>", "what to fire, see below (default: reference)");
  for (const { flag, value, meaning } of Object.values(FIELDS)) {
    program.option(`${flag} ${value}`, meaning);
  }
  const width = Math.max(...DESIGNS.map(({ name }) => name.length));
  const lines = [
    ...DESIGNS.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`),
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
  const options = program.opts<DesignInput & { plan?: string }>();
  const given: DesignInput = Object.fromEntries(
    FIELD_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  const { plan: named } = options;
  if (named !== undefined && isPath(named)) {
    return { plan: readFile(program, named, given), input: given };
  }
  const name = named ?? DEFAULT_PLAN;
  const design = findDesign(name);
  if (!design) {
    const names = DESIGNS.map((known) => known.name).join(", ");
    return refuse(program, [`--plan: "${name}" is none of ${names}, nor a file's: ${PATHS}`]);
  }
  const input = named === undefined ? { ...kept, ...given } : given;
  const parsed = parseDesign(design, input);
  return parsed.ok ? { plan: parsed.plan, input } : refuse(program, inFlags(parsed.problems));
}

const DEFAULT_PLAN = "reference";

function isPath(name: string): boolean {
  return name.includes("/") || name.endsWith(".json");
}

function readFile(program: Command, path: string, given: DesignInput): Plan {
  const plan = loadPlanFile().readPlanFile(path);
  if (Array.isArray(plan))
    return refuse(
      program,
      plan.map((problem) => `--plan: ${problem}`),
    );
  const { read, problems } = fieldReader<keyof DesignInput>(given);
  const clients = read("clients", plan.clients, parseClients);
  const holdMs = read("hold", plan.holdMs, duration(LIMITS.holdMs));
  for (const field of FIELD_NAMES) {
    if (given[field] === undefined || OVERRIDES.some((name) => name === field)) continue;
    problems.push({ field, message: `the stages are those of ${path}: change them there` });
  }
  if (problems.length > 0) return refuse(program, inFlags(problems));
  return { ...plan, clients, holdMs };
}

/** Read on demand and at once: zod takes longer to load than all that a screen begins with. */
function loadPlanFile(): typeof import("../plans/plan-file.ts") {
  return createRequire(import.meta.url)("../plans/plan-file.ts");
}

function inFlags(problems: readonly PlanProblem<keyof DesignInput>[]): string[] {
  return problems.map(({ field, message }) => `${FIELDS[field].flag}: ${message}`);
}

function refuse(program: Command, problems: readonly string[]): never {
  return program.error(`error: ${problems.map(printableLine).join("\n       ")}`);
}
