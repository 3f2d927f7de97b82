/** `npm run experiment`: one experiment without a screen. */

import { type Conducted, conduct } from "../conduct.ts";
import { ExperimentError } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { ExperimentText } from "../reports/experiment-text.ts";
import { openTarget } from "../targets/open-target.ts";
import { type CommandOptions, parseOptions } from "./options.ts";
import { Progress } from "./progress.ts";

const EXIT = { verdict: 0, failed: 1, inconclusive: 3, unexpected: 4, interrupted: 130 };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  try {
    return await run(options);
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    console.error(`error: ${error.message}\n${error.nextStep}`);
    return EXIT.failed;
  }
}

async function run(options: CommandOptions): Promise<number> {
  const interruption = new AbortController();
  // The first Ctrl-C ends in order; one who is in a hurry can press it again.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => interruption.abort());
  }
  // A reader such as `head` may leave early; the record goes on.
  process.stdout.on("error", () => {});

  const target = await openTarget(options.target);
  const progress = new Progress(options.plan);
  let conducted: Conducted;
  try {
    if (!options.json) process.stdout.write(`${target.proves}\n\n`);
    const show = printer(options.json, progress);
    conducted = await conduct({
      plan: options.plan,
      target,
      out: options.out,
      signal: interruption.signal,
      onLine: show,
      onPhase: (phase) => progress.enter(phase),
    });
  } finally {
    progress.clear();
    await target.close();
  }
  if (!options.json && conducted.record !== undefined) {
    process.stdout.write(`\nRecord: ${conducted.record}\n`);
  }
  if (interruption.signal.aborted) return EXIT.interrupted;
  return exitCode(conducted, options);
}

/** What is done with each line: printed as it is, or gathered into text. */
function printer(json: boolean, progress: Progress): (line: RecordLine) => void {
  if (json) return (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const text = new ExperimentText(process.stdout.hasColors?.() ?? false);
  return (line) => {
    if (line.type === "observation") progress.count();
    const completed = text.take(line);
    if (completed === undefined) return;
    progress.clear();
    process.stdout.write(line.type === "verdict" && line.run ? `${completed}\n` : completed);
  };
}

function exitCode({ verdict }: Conducted, { expect }: CommandOptions): number {
  if (verdict.verdict === "inconclusive") return EXIT.inconclusive;
  if (expect !== undefined && verdict.verdict !== expect) return EXIT.unexpected;
  return EXIT.verdict;
}
