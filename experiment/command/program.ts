/** What the programs that fire at a target have in common on their command lines. */

import { Command, Option } from "commander";
import { VERSION } from "../conduct.ts";
import { MODELS, type Model, parseTarget, type TargetChoice } from "../targets/open-target.ts";

const WRONG_USAGE = 2;

/**
 * A command with `--target`, `--model`, `--help` and `--version`. Parsing wrong arguments ends the
 * process with a message and exit code 2, help and version with 0.
 */
export function createProgram(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--target <target>", "local or a URL", "local")
    .addOption(
      new Option("--model <model>", "how the local Lambda serves")
        .choices(MODELS)
        .default("on-demand"),
    )
    .helpOption("--help", "show this help")
    .version(VERSION, "--version", "show the version")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE));
}

/** Reads the target of a parsed program; a wrong one ends the process like other wrong usage. */
export function readTarget(program: Command): TargetChoice {
  const { target, model } = program.opts<{ target: string; model: Model }>();
  const choice = parseTarget(target, model);
  if (typeof choice === "string") return program.error(`error: --target: ${choice}`);
  return choice;
}
