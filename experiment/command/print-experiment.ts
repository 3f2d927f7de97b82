/** Fires one experiment, and prints it while it happens. */

import assert from "node:assert/strict";
import { ask, canAsk } from "../../basics/command-line.ts";
import { inWords, plural } from "../../basics/counts.ts";
import { printable, printableLine } from "../../basics/printable.ts";
import { shellWord } from "../../basics/printed-commands.ts";
import { isStop, unlessAborted } from "../core/abort.ts";
import { ExperimentError } from "../core/errors.ts";
import { formatDuration } from "../core/plan/duration.ts";
import { type Part, type Plan, partName, requestsOf, shareOf, WHOLE } from "../core/plan/plan.ts";
import type { RecordLine, Verdict } from "../core/record-lines.ts";
import {
  CONFIRM_FROM_USD,
  ensurePossible,
  type Preflight,
  preflight,
  type Target,
} from "../core/target.ts";
import type { Appointment, Fired, Phase } from "../experiment.ts";
import { Fold } from "../records/fold.ts";
import { completedText, KEPT_IN_TEXT, runWords } from "../reports/experiment-text.ts";
import { runnerNotes } from "../reports/record-notes.ts";
import type { ExperimentEnding, ToldModel } from "../reports/summary.ts";
import {
  answeringWords,
  costWords,
  firedWords,
  hourlyWords,
  pooledWords,
} from "../reports/words.ts";
import { type FoundTarget, PROVES } from "../targets/open-target.ts";
import { recordPlace, watchOutput } from "./output.ts";

export interface PrintedExperiment {
  plan: Plan;
  /** Which part of it is fired, and when, where other runners fire the others. */
  appointment?: Appointment | undefined;
  target: FoundTarget;
  /** The verdict that the caller counts on. */
  expect?: Verdict | undefined;
  out?: string | undefined;
  json: boolean;
  /** Whether the plan is fired at the control first. */
  control: boolean;
  /** Whether the service's log is asked afterwards if the answers told the truth. */
  crossCheck: boolean;
  /** Whether the user has agreed to whatever it costs. */
  yes: boolean;
}

/** The graver first: how several experiments end together. */
const GRAVEST: readonly ExperimentEnding[] = [
  "interrupted",
  "failed",
  "inconclusive",
  "unexpected",
];

/**
 * Fires one experiment after the other, and prints and records each. Of several a table says at last
 * what each came to, and one that fails does not keep the next from being fired.
 *
 * @param areSeveral whether several were asked for, however many there are
 * @param onBegun called with each record's path, when there is one
 * @throws ExperimentError when the only one cannot be fired, recorded or printed
 */
export async function printExperiments(
  experiments: readonly PrintedExperiment[],
  areSeveral: boolean,
  signal: AbortSignal,
  onBegun: (record: string) => void,
): Promise<ExperimentEnding> {
  const [first] = experiments;
  assert(first, "at least one experiment is fired");
  const foldOf = ({ json }: PrintedExperiment) => new Fold(json ? {} : KEPT_IN_TEXT);
  const said = new Set<string>();
  const print = (options: PrintedExperiment, fold: Fold) =>
    printExperiment(options, { fold, said, signal, onBegun });
  if (!areSeveral) return print(first, foldOf(first));
  const told: ToldModel[] = [];
  for (const options of experiments) {
    const { json } = options;
    const target = options.target.choice;
    const fold = foldOf(options);
    if (!json && told.length > 0) process.stdout.write("\n");
    try {
      told.push({ target, ending: await print(options, fold), fold });
    } catch (error) {
      const isStopped = isStop(error, signal);
      if (!isStopped) (await import("../reports/error-words.ts")).printError(error);
      told.push({ target, ending: isStopped ? "interrupted" : "failed", fold });
    }
    if (signal.aborted) break;
  }
  if (!first.json) {
    const { modelsText } = await import("../reports/summary.ts");
    process.stdout.write(`\n${modelsText(told)}`);
  }
  return GRAVEST.find((grave) => told.some(({ ending }) => ending === grave)) ?? "verdict";
}

interface Printing {
  /** Takes its lines. */
  fold: Fold;
  /** What is billed by the hour and was said before: of a stack it is said once. */
  said: Set<string>;
  signal: AbortSignal;
  /** Called with the record's path, when there is one. */
  onBegun: (record: string) => void;
}

/**
 * Fires, prints and records what was asked for.
 *
 * @throws ExperimentError when it cannot be fired, recorded or printed
 */
async function printExperiment(
  options: PrintedExperiment,
  { fold, said, signal, onBegun }: Printing,
): Promise<ExperimentEnding> {
  const output = watchOutput();
  const { plan, appointment, json, out } = options;
  const progress = new Progress(appointment?.part);
  const onWait = (words: string) => {
    progress.clear();
    process.stderr.write(`${words}\n`);
  };
  // What fires is loaded while the target opens.
  const [target, { runExperiment }] = await Promise.all([
    options.target.open(signal, onWait),
    import("../experiment.ts"),
  ]);
  const show = printer(json, progress, fold);
  // What is read by programs is the record and nothing else.
  const say = json ? process.stderr : process.stdout;
  let fired: Fired;
  let begun: string | undefined;
  try {
    const { description } = target;
    if (!json) say.write(`${firedWords(plan, description)}\n${PROVES[description.kind]}\n`);
    if (!json && appointment) say.write(`${appointmentWords(plan, appointment)}\n`);
    const found = await preflight(plan, target, appointment?.part);
    ensurePossible(found);
    const consent = { say, said, isAgreed: options.yes, signal };
    const isAgreed = await agree(plan, target, found, consent);
    if (isAgreed === undefined) return "interrupted";
    if (!isAgreed) throw new ExperimentError("nothing fired", {});
    if (!json) say.write("\n");
    fired = await runExperiment({
      plan,
      appointment,
      target,
      found,
      out,
      fold,
      withControl: options.control,
      signal,
      onLine: show,
      onPhase: (phase) => progress.enter(phase),
      onAnswering: (waitedMs) => {
        progress.clear();
        say.write(`${answeringWords(waitedMs)}\n\n`);
      },
      onRecord: (path) => {
        begun = path;
        onBegun(path);
      },
    });
  } catch (error) {
    progress.clear();
    // The record holds what was fired so far.
    if (begun !== undefined) say.write(`\n${recordPlace(begun)}`);
    throw error;
  } finally {
    progress.clear();
    await target.close();
  }
  const { record } = fired;
  if (!json && record !== undefined) {
    const notes = appointment ? runnerNotes(fold.experiment) : [];
    for (const note of notes) process.stdout.write(`\nNote: ${note}\n`);
    // What other records say is of a deployment, and behind a URL there may be any.
    if (target.description.deployment !== undefined) await printPooled(record);
    process.stdout.write(`\n${recordPlace(record)}`);
    if (appointment) process.stdout.write(partStep(record));
  }
  if (options.crossCheck && record !== undefined && !signal.aborted) {
    say.write("\nReading the stack's log, which may lag by up to a minute …\n");
    const { crossCheck } = await import("../cross-check.ts");
    const line = await unlessAborted(crossCheck(record, signal, { onWait }), signal);
    if (line) show(line);
    if (line && !line.agreement) return "inconclusive";
  }
  const why = signal.aborted ? undefined : await output.loss();
  if (why !== undefined) throw new ExperimentError("record not printed", { why, path: record });
  // A reader of the record on standard output may not get the rest of it.
  if (json && record !== undefined && signal.aborted) say.write(recordPlace(record));
  return signal.aborted ? "interrupted" : endingOf(fired, options);
}

/** What it says together with the records before it. */
async function printPooled(record: string): Promise<void> {
  // Loaded late, since firing does not need it.
  const { pooledWith } = await import("../records/history.ts");
  try {
    const pooled = await pooledWith(record);
    const words = pooled && pooledWords(pooled);
    if (words !== undefined) process.stdout.write(`${words}\n`);
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    // The experiment is over, and what it came to stands.
    const { errorWords } = await import("../reports/error-words.ts");
    const { message, nextStep } = errorWords(error, "command line");
    process.stdout.write(`Note: ${printableLine(`${message} ${nextStep}`)}\n`);
  }
}

/** What makes use of the record of a part. */
function partStep(record: string): string {
  const path = printableLine(shellWord(record));
  return `Report it together with those of the other parts: npm run report -- ${path} FILE\n`;
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

function endingOf({ verdict }: Fired, { expect }: PrintedExperiment): ExperimentEnding {
  if (verdict.verdict === "inconclusive") return "inconclusive";
  if (expect !== undefined && verdict.verdict !== expect) return "unexpected";
  return "verdict";
}

interface Consent {
  /** Where to say it. */
  say: NodeJS.WriteStream;
  /** What is billed by the hour and was said before. */
  said: Set<string>;
  /** Whether the user has agreed to any cost beforehand. */
  isAgreed: boolean;
  signal: AbortSignal;
}

/**
 * Says what the plan will meet and cost at the target, and asks where it costs much.
 *
 * @returns whether it may be fired; `undefined` when the user wants to leave
 * @throws ExperimentError when it costs too much to be fired unasked and nobody is there to ask
 */
async function agree(
  plan: Plan,
  target: Target,
  { cost, needsConsent }: Preflight,
  { say, said, isAgreed, signal }: Consent,
): Promise<boolean | undefined> {
  const cautions = target.cautions ? await unlessAborted(target.cautions(plan), signal) : [];
  if (signal.aborted) return undefined;
  for (const caution of cautions ?? []) say.write(`Note: ${printableLine(caution)}\n`);
  const { hourly } = target;
  if (hourly && !said.has(hourly.endCommand)) {
    said.add(hourly.endCommand);
    say.write(`Note: ${printableLine(hourlyWords(hourly))}\n`);
  }
  if (cost === undefined) return true;
  say.write(`${printableLine(costWords(cost))}\n`);
  if (isAgreed || !needsConsent || cost.usd === undefined) return true;
  // A question that nobody sees would be waited for in vain.
  if (canAsk()) return ask("Fire it?", signal);
  throw new ExperimentError("cost not agreed", { usd: cost.usd, limitUsd: CONFIRM_FROM_USD });
}

/** Which part this runner fires, and when. */
function appointmentWords(plan: Plan, { part, experiment, startAt }: Appointment): string {
  const own = plan.stages.reduce((sum, { requests }) => sum + shareOf(requests, part), 0);
  const leftMs = Math.max(0, 1_000 * Math.round((startAt - Date.now()) / 1_000));
  return (
    `Part ${partName(part)} of ${experiment}: ${inWords(own)} of ${plural(requestsOf(plan), "request")}, ` +
    `from ${new Date(startAt).toISOString()} on, in ${formatDuration(leftMs)}.`
  );
}

const REFRESH_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

/** One line on standard error that says how far the experiment is; silent unless a terminal. */
class Progress {
  readonly #stream = process.stderr;
  readonly #part: Part | undefined;
  #answered = 0;
  #phase: Phase | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param part that is fired, where it is not all */
  constructor(part: Part | undefined) {
    this.#part = part;
  }

  enter(phase: Phase): void {
    if (!this.#stream.isTTY) return;
    this.#phase = phase;
    this.#answered = 0;
    this.#timer ??= setInterval(() => this.#draw(), REFRESH_MS);
    this.#draw();
  }

  /** One more request has ended. */
  count(): void {
    this.#answered += 1;
  }

  /** Takes the line away; the next phase brings it back. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#stream.isTTY && this.#phase) this.#stream.write(CLEAR_LINE);
    this.#phase = undefined;
  }

  #draw(): void {
    if (!this.#phase) return;
    const words = this.#describe(this.#phase);
    // What goes on in another line stays there, as only the last one can be cleared.
    const room = this.#stream.columns > 0 ? this.#stream.columns - 1 : words.length;
    this.#stream.write(`${CLEAR_LINE}${words.slice(0, room)}`);
  }

  #describe(phase: Phase): string {
    const run = runWords(phase);
    if (phase.name === "pausing") {
      const what = this.#part ? "waiting for its time" : `pause of ${formatDuration(phase.ms)}`;
      return `${run}: ${what} …`;
    }
    if (phase.name === "waiting") return `${run}: waiting for the function to answer …`;
    if (phase.name === "arming") return `${run}: opening connections …`;
    const stage = phase.plan.stages[phase.index];
    assert(stage, "a phase is of a stage of its plan");
    const requests = shareOf(stage.requests, this.#part ?? WHOLE);
    return `${run}: ${this.#answered} of ${requests} answered …`;
  }
}
