/** The command line of `npm run experiment`. */

import { type Command, Option } from "commander";
import type { Plan } from "../core/plan/plan.ts";
import type { Verdict } from "../core/record-lines.ts";
import type { TargetChoice } from "../targets/target-choice.ts";
import { fileName } from "./file-name.ts";
import { readPlan } from "./plan-options.ts";
import { createProgram, readTarget } from "./program.ts";

export interface CommandOptions {
  plan: Plan;
  target: TargetChoice;
  /** The verdict that the caller counts on. */
  expect?: Verdict | undefined;
  out?: string | undefined;
  json: boolean;
  /** Whether the plan is fired at the control first. */
  control: boolean;
  /** Whether the service's log is asked afterwards if the answers told the truth. */
  crossCheck: boolean;
  /** Whether the user has agreed to whatever it costs. */
  yes: boolean;
}

interface RawOptions {
  expect?: "isolated" | "shared";
  out?: string;
  json: boolean;
  control: boolean;
  crossCheck: boolean;
  yes: boolean;
}

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): CommandOptions {
  const command: Command = createProgram(
    "npm run experiment --",
    "Fires requests at the same instant and concludes who shared a process with whom.",
    "local",
  )
    .addOption(
      new Option("--expect <verdict>", "exit 4 on another verdict").choices(["isolated", "shared"]),
    )
    .option("--out <file>", "where to record (default: the platform's data folder)", fileName)
    .option("--json", "print the record, one JSON object a line, and nothing else", false)
    .option("--control", "fire at a control first, which must show sharing", false)
    .option("--cross-check", "ask the stack's log afterwards whether the answers are true", false)
    .option("--yes", "fire without asking, also what costs a dollar or more", false)
    .addHelpText("after", EXIT_CODES);
  command.parse(args, { from: "user" });
  const raw = command.opts<RawOptions>();

  const { plan } = readPlan(command);
  const target = readTarget(command);
  if (raw.crossCheck && target.kind !== "stack") {
    command.error("error: --cross-check: only a stack has a log to ask; add --target stack");
  }
  return { ...raw, plan, target };
}

const EXIT_CODES = `
Without options: the reference experiment, on this machine.

Exit codes: 0 a verdict was reached (and is the expected one), 1 the experiment failed,
2 wrong usage, 3 inconclusive or not confirmed by the cross-check, 4 another verdict than expected,
130 interrupted.`;
