/** How long a command takes that has nothing to do but to print a page of help. */

import { compare } from "./figures.ts";
import { interleave } from "./interleave.ts";
import type { Report } from "./report.ts";
import { run, runOurs } from "./run-program.ts";

const ROUNDS = 15;
const PROGRAMS = {
  experiment: "experiment/command/main.ts",
  report: "experiment/command/report.ts",
  "local-lambda": "local-lambda/main.ts",
  tui: "tui/main.ts",
};

/** Measures each program's `--help` against a Node.js that does nothing at all. */
export async function benchStart(report: Report): Promise<void> {
  const help = (path: string) => async () => (await runOurs(path, ["--help"])).wholeMs;
  const nothing = async () => (await run(process.execPath, ["--eval", "0"])).wholeMs;
  const ours = Object.entries(PROGRAMS).map(([name, path]) => [name, help(path)] as const);
  // The first start compiles what the later ones find compiled.
  for (const [, start] of ours) await start();
  const samples = await interleave(Object.fromEntries([...ours, ["nothing", nothing]]), ROUNDS);
  for (const [name] of ours) {
    report.add(
      compare({
        benchmark: `npm run ${name} -- --help, without npm`,
        against: "node -e 0",
        ours: samples[name] ?? [],
        theirs: samples.nothing ?? [],
        unit: "ms",
      }),
    );
  }
}
