/** `npm run experiment`: one experiment without a screen. */

import { type Conducted, conduct } from "../conduct.ts";
import { unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import type { Phase } from "../core/experiment.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { pooledWith } from "../records/pooled-evidence.ts";
import { ExperimentText } from "../reports/experiment-text.ts";
import { pooledWords } from "../reports/pooled-words.ts";
import { printableLine } from "../reports/printable.ts";
import { openTarget } from "../targets/open-target.ts";
import { agree } from "./consent.ts";
import { type CommandOptions, parseOptions } from "./options.ts";
import { Progress } from "./progress.ts";

const EXIT = { verdict: 0, failed: 1, inconclusive: 3, unexpected: 4, interrupted: 130 };

process.exitCode = await main(process.argv.slice(2));
// Who wants to leave does not wait for what hangs, such as a program that was asked for credentials.
if (process.exitCode === EXIT.interrupted) process.exit();

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const interruption = new AbortController();
  // The first Ctrl-C ends in order; one who is in a hurry can press it again.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => interruption.abort());
  }
  try {
    return await run(options, interruption.signal);
  } catch (error) {
    if (!(error instanceof ExperimentError)) {
      if (interruption.signal.aborted) return EXIT.interrupted;
      throw error;
    }
    console.error(`error: ${printableLine(error.message)}\n${printableLine(error.nextStep)}`);
    return EXIT.failed;
  }
}

async function run(options: CommandOptions, signal: AbortSignal): Promise<number> {
  // A reader such as `head` may leave early; the record goes on.
  process.stdout.on("error", () => {});

  const { plan, json, out } = options;
  const target = await openTarget(options.target, signal);
  const progress = new Progress(plan);
  const show = printer(json, progress);
  // What is read by programs is the record and nothing else.
  const say = json ? process.stderr : process.stdout;
  let conducted: Conducted;
  try {
    if (!json) say.write(`${target.proves}\n`);
    const isAgreed = await agree(plan, target, { say, isAgreed: options.yes, signal });
    if (isAgreed === undefined) return EXIT.interrupted;
    if (!isAgreed) throw new ExperimentError("Nothing was fired.", "Change the plan, or agree.");
    if (!json) say.write("\n");
    const onPhase = (phase: Phase) => progress.enter(phase);
    const withControl = options.control;
    conducted = await conduct({ plan, target, out, withControl, signal, onLine: show, onPhase });
  } finally {
    progress.clear();
    await target.close();
  }
  const { record } = conducted;
  if (!json && record !== undefined) await printRecord(record);
  if (options.crossCheck && record !== undefined && !signal.aborted) {
    say.write("\nReading the stack's log, which may lag by up to a minute …\n");
    const { crossCheck } = await import("../cross-check.ts");
    const line = await unlessAborted(crossCheck(record, signal), signal);
    if (line) show(line);
    if (line && !line.agreement) return EXIT.inconclusive;
  }
  if (signal.aborted) return EXIT.interrupted;
  return exitCode(conducted, options);
}

/** Where it is, and what it adds to those before it. */
async function printRecord(record: string): Promise<void> {
  const pooled = await pooledWith(record);
  const words = pooled && pooledWords(pooled);
  if (words !== undefined) process.stdout.write(`${words}\n`);
  process.stdout.write(`\nRecord: ${record}\n`);
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
