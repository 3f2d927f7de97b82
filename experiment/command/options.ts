/** The command line of `npm run experiment`. */

import { type Command, Option } from "commander";
import { type Plan, referencePlan } from "../core/plan.ts";
import type { Verdict } from "../core/record-lines.ts";
import type { TargetChoice } from "../targets/target-choice.ts";
import { createProgram, readPlan, readTarget } from "./program.ts";

export interface CommandOptions {
  plan: Plan;
  target: TargetChoice;
  /** The verdict that the caller counts on. */
  expect?: Verdict | undefined;
  out?: string | undefined;
  json: boolean;
}

interface RawOptions {
  expect?: "isolated" | "shared";
  out?: string;
  json: boolean;
}

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
    .addOption(
      new Option("--expect <verdict>", "exit 4 on another verdict").choices(["isolated", "shared"]),
    )
    .option("--out <file>", "where to record (default: the platform's data folder)")
    .option("--json", "print the record, one JSON object a line, and nothing else", false)
    .addHelpText("after", EXIT_CODES);
  command.parse(args, { from: "user" });
  const raw = command.opts<RawOptions>();

  const { plan } = readPlan(command);
  return { plan, target: readTarget(command), expect: raw.expect, out: raw.out, json: raw.json };
}

const EXIT_CODES = `
Without options: the reference experiment, on this machine.

Exit codes: 0 a verdict was reached (and is the expected one), 1 the experiment failed,
2 wrong usage, 3 inconclusive, 4 another verdict than expected, 130 interrupted.`;
