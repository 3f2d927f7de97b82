/** The options that name a target, shared by the programs that fire at one. */

import type { Command } from "commander";
import { Option } from "commander";
import { MODELS, type Model, parseTarget, type TargetChoice } from "../targets/open-target.ts";

/** Adds `--target` and `--model`. */
export function addTargetOptions(command: Command): Command {
  return command
    .option("--target <target>", "local or a URL", "local")
    .addOption(
      new Option("--model <model>", "how the local Lambda serves")
        .choices(MODELS)
        .default("on-demand"),
    );
}

/** Reads what {@link addTargetOptions} added; a wrong target ends the command with a message. */
export function readTarget(command: Command): TargetChoice {
  const { target, model } = command.opts<{ target: string; model: Model }>();
  const choice = parseTarget(target, model);
  if (typeof choice === "string") return command.error(`error: --target: ${choice}`);
  return choice;
}
