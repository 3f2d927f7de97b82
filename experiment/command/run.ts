/** One experiment from the target's opening to the exit code, without a screen. */

import { printable } from "../../basics/printable.ts";
import { unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import type { RecordLine } from "../core/record-lines.ts";
import type { Fired, Phase } from "../experiment.ts";
import { Fold } from "../records/fold.ts";
import { pooledWith } from "../records/history.ts";
import { completedText, KEPT_IN_TEXT } from "../reports/experiment-text.ts";
import { pooledWords } from "../reports/pooled-words.ts";
import { firedWords } from "../reports/target-words.ts";
import { openTarget } from "../targets/open-target.ts";
import { agree } from "./consent.ts";
import { EXIT } from "./exit-codes.ts";
import type { CommandOptions } from "./options.ts";
import { recordLine, watchOutput } from "./output.ts";
import { Progress } from "./progress.ts";

/**
 * Fires, prints and records what was asked for.
 *
 * @param onBegun called with the record's path, when there is one
 * @returns the exit code
 * @throws ExperimentError when it cannot be fired, recorded or printed
 */
export async function run(
  options: CommandOptions,
  signal: AbortSignal,
  onBegun: (record: string) => void,
): Promise<number> {
  const output = watchOutput();
  const { plan, json, out } = options;
  const progress = new Progress(plan);
  const onWait = (words: string) => {
    progress.clear();
    process.stderr.write(`${words}\n`);
  };
  // What fires is loaded while the target opens.
  const [target, { runExperiment }] = await Promise.all([
    openTarget(options.target, signal, onWait),
    import("../experiment.ts"),
  ]);
  const fold = new Fold(json ? {} : KEPT_IN_TEXT);
  const show = printer(json, progress, fold);
  // What is read by programs is the record and nothing else.
  const say = json ? process.stderr : process.stdout;
  let conducted: Fired;
  let begun: string | undefined;
  try {
    if (!json) say.write(`${firedWords(plan, target.description)}\n${target.proves}\n`);
    const isAgreed = await agree(plan, target, { say, isAgreed: options.yes, signal });
    if (isAgreed === undefined) return EXIT.interrupted;
    if (!isAgreed) throw new ExperimentError("Nothing was fired.", "Change the plan, or agree.");
    if (!json) say.write("\n");
    const onPhase = (phase: Phase) => progress.enter(phase);
    const withControl = options.control;
    const onRecord = (path: string) => {
      begun = path;
      onBegun(path);
    };
    conducted = await runExperiment({
      ...{ plan, target, out, withControl, signal, fold },
      ...{ onLine: show, onPhase, onRecord },
    });
  } catch (error) {
    progress.clear();
    // What was fired until then is on it.
    if (begun !== undefined) say.write(`\n${recordLine(begun)}`);
    throw error;
  } finally {
    progress.clear();
    await target.close();
  }
  const { record } = conducted;
  if (!json && record !== undefined) await printRecord(record);
  // Who reads the record on standard output may not get the rest of it.
  if (json && record !== undefined && signal.aborted) say.write(recordLine(record));
  if (options.crossCheck && record !== undefined && !signal.aborted) {
    say.write("\nReading the stack's log, which may lag by up to a minute …\n");
    const { crossCheck } = await import("../cross-check.ts");
    const line = await unlessAborted(crossCheck(record, signal, { onWait }), signal);
    if (line) show(line);
    if (line && !line.agreement) return EXIT.inconclusive;
  }
  if (signal.aborted) return EXIT.interrupted;
  const loss = await output.loss();
  if (loss !== undefined) {
    throw new ExperimentError(loss, `The record is whole: npm run report -- ${record}`);
  }
  return exitCode(conducted, options);
}

/** Where it is, and what it adds to those before it. */
async function printRecord(record: string): Promise<void> {
  const pooled = await pooledWith(record);
  const words = pooled && pooledWords(pooled);
  if (words !== undefined) process.stdout.write(`${words}\n`);
  process.stdout.write(`\n${recordLine(record)}`);
}

/** What is done with each line: printed as it is, or gathered into text. */
function printer(json: boolean, progress: Progress, fold: Fold): (line: RecordLine) => void {
  // What is unprintable is escaped as JSON would have it, and is read back as it was.
  if (json) return (line) => void process.stdout.write(`${printable(JSON.stringify(line))}\n`);
  const colour = process.stdout.hasColors?.() ?? false;
  return (line) => {
    if (line.type === "observation") progress.count();
    const completed = completedText(line, fold, colour);
    if (completed === undefined) return;
    progress.clear();
    process.stdout.write(line.type === "verdict" && line.run ? `${completed}\n` : completed);
  };
}

function exitCode({ verdict }: Fired, { expect }: CommandOptions): number {
  if (verdict.verdict === "inconclusive") return EXIT.inconclusive;
  if (expect !== undefined && verdict.verdict !== expect) return EXIT.unexpected;
  return EXIT.verdict;
}
