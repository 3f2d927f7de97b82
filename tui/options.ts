/** The command line of the screen. */

import { Command } from "commander";
import { addTargetOptions, readTarget } from "../experiment/command/target-options.ts";
import { VERSION } from "../experiment/conduct.ts";
import type { TargetChoice } from "../experiment/targets/open-target.ts";

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): TargetChoice {
  const command = new Command("npm run tui --").description(
    "Fires requests at the same instant and shows who shared a process with whom.",
  );
  addTargetOptions(command)
    .helpOption("--help", "show this help")
    .version(VERSION, "--version", "show the version")
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: "user" });
  return readTarget(command);
}
