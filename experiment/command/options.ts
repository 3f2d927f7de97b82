/** The command line of `npm run experiment`. */

import { type Command, Option } from "commander";
import { type Plan, referencePlan } from "../core/plan.ts";
import { type PlanInput, parsePlan } from "../core/plan-input.ts";
import type { Verdict } from "../core/record-lines.ts";
import type { TargetChoice } from "../targets/open-target.ts";
import { createProgram, readTarget } from "./program.ts";

export interface CommandOptions {
  plan: Plan;
  target: TargetChoice;
  /** The verdict that the caller counts on. */
  expect?: Verdict | undefined;
  out?: string | undefined;
  json: boolean;
}

interface RawOptions extends PlanInput {
  expect?: "isolated" | "shared";
  out?: string;
  json: boolean;
}

/** How each field of a plan is called on the command line. */
const FLAGS: Record<keyof PlanInput, string> = {
  clients: "--clients",
  concurrency: "--concurrency",
  requests: "--requests",
  hold: "--hold",
  runs: "--runs",
  pause: "--pause",
};

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): CommandOptions {
  const command: Command = createProgram(
    "npm run experiment --",
    "Fires requests at the same instant and concludes who shared a process with whom.",
  )
    .addOption(
      new Option("--plan <name>", "which plan the options below change")
        .choices([referencePlan.name])
        .default(referencePlan.name),
    )
    .option("--clients <names>", "names, separated by commas (default: the reference's five)")
    .option("--concurrency <n>", "requests in flight at once (default: one a client)")
    .option("--requests <n>", "how many in all, per run (default: the concurrency)")
    .option("--hold <duration>", "how long the handler waits (default: 5s)")
    .option("--runs <n>", "runs, one after the other (default: 2)")
    .option("--pause <duration>", "between runs (default: 0s)")
    .addOption(
      new Option("--expect <verdict>", "exit 4 on another verdict").choices(["isolated", "shared"]),
    )
    .option("--out <file>", "where to record (default: the platform's data folder)")
    .option("--json", "print the record, one JSON object a line, and nothing else", false)
    .addHelpText("after", EXIT_CODES);
  command.parse(args, { from: "user" });
  const raw = command.opts<RawOptions>();

  const parsed = parsePlan(raw);
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ field, message }) => `${FLAGS[field]}: ${message}`);
    command.error(`error: ${problems.join("\n       ")}`);
  }
  const target = readTarget(command);
  return { plan: parsed.plan, target, expect: raw.expect, out: raw.out, json: raw.json };
}

const EXIT_CODES = `
Without options: the reference experiment, on this machine.

Exit codes: 0 a verdict was reached (and is the expected one), 1 the experiment failed,
2 wrong usage, 3 inconclusive, 4 another verdict than expected, 130 interrupted.`;
