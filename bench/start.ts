/** How long the programs take that have nothing to do but to print a page of help. */

import { measureSideBySide, programOf, run } from "./side-by-side.ts";

const PROGRAMS = {
  "experiment --help": "experiment/command/run-experiment.ts",
  "local-lambda --help": "local-lambda/serve.ts",
};

/** Measures each program against a Node.js that does nothing at all. */
export async function benchStart(): Promise<void> {
  for (const [name, path] of Object.entries(PROGRAMS)) {
    const time = (args: string[]) => async () => ({
      [name]: (await run(process.execPath, args)).ms,
    });
    const help = time(programOf(path, ["--help"]));
    // The first start compiles what the later ones find compiled.
    await help();
    const contenders = { ours: help, "node -e 0": time(["--eval", "0"]) };
    await measureSideBySide(contenders, { [name]: { "node -e 0": null } }, { rounds: 9 });
  }
}
