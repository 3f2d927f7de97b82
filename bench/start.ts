/** How long the programs take that have nothing to do but to print a page of help. */

import { measureSideBySide, type Report, run, runOurs } from "./side-by-side.ts";

const PROGRAMS = {
  experiment: "experiment/command/run-experiment.ts",
  "local-lambda": "local-lambda/serve.ts",
};
const ROUNDS = 15;

/** Measures each program against a Node.js that does nothing at all. */
export async function benchStart(report: Report): Promise<void> {
  const nothing = async () => ({ ms: (await run(process.execPath, ["--eval", "0"])).wholeMs });
  for (const [name, path] of Object.entries(PROGRAMS)) {
    const help = async () => ({ ms: (await runOurs(path, ["--help"])).wholeMs });
    // The first start compiles what the later ones find compiled.
    await help();
    await measureSideBySide(
      report,
      { ours: help, "node -e 0": nothing },
      [{ benchmark: `${name} --help`, value: "ms", unit: "ms", against: { "node -e 0": null } }],
      ROUNDS,
    );
  }
}
