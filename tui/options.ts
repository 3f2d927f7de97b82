/** The command line of the screen. */

import { Command, Option } from "commander";
import { VERSION } from "../experiment/conduct.ts";
import {
  MODELS,
  type Model,
  parseTarget,
  type TargetChoice,
} from "../experiment/targets/open-target.ts";

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): TargetChoice {
  const command: Command = new Command("npm run tui --")
    .description("Fires requests at the same instant and shows who shared a process with whom.")
    .option("--target <target>", "local or a URL", "local")
    .addOption(
      new Option("--model <model>", "how the local Lambda serves")
        .choices(MODELS)
        .default("on-demand"),
    )
    .helpOption("--help", "show this help")
    .version(VERSION, "--version", "show the version")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  command.parse(args, { from: "user" });
  const { target, model } = command.opts<{ target: string; model: Model }>();
  const choice = parseTarget(target, model);
  if (typeof choice === "string") command.error(`error: --target: ${choice}`);
  return choice;
}
