/** The command line of the screen. */

import { createProgram, readTarget } from "../experiment/command/program.ts";
import type { TargetChoice } from "../experiment/targets/open-target.ts";

/** Reads the arguments after the program's name. Wrong ones end the process with a message. */
export function parseOptions(args: readonly string[]): TargetChoice {
  const program = createProgram(
    "npm run tui --",
    "Fires requests at the same instant and shows who shared a process with whom.",
  );
  return readTarget(program.parse(args, { from: "user" }));
}
