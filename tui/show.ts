/** Shows the screen until the user leaves, and says what is left to say. */

import { type Instance, render } from "ink";
import { createElement as h } from "react";
import { printable } from "../basics/printable.ts";
import { endInOrder } from "../basics/signals.ts";
import type { HourlyCost } from "../experiment/core/target.ts";
import { hourlyWords, verdictWords } from "../experiment/reports/words.ts";
import { App } from "./app.ts";
import type { ScreenOptions } from "./screen-options.ts";
import { Session } from "./session.ts";
import { type KeptSettings, openSettings } from "./settings.ts";
import { ExperimentStore, isBusy, type Snapshot } from "./store.ts";
import { describeTarget } from "./target-words.ts";
import { withPinnedColumns } from "./terminal/pinned-columns.ts";

/** Fewer than the frames that Ink may draw, so that each snapshot gets a frame of its own. */
const SNAPSHOTS_PER_SECOND = 15;
const MAX_FPS = 30;
/** Erases everything and puts the cursor into the first row. */
const EMPTY_SCREEN = "\u001b[2J\u001b[H";
/** The window's title is put aside and taken back, where the terminal can. */
const SAVE_TITLE = "\u001b[22;2t";
const RESTORE_TITLE = "\u001b[23;2t";
/** After how long the end is waited for in words, in milliseconds. */
const SILENCE_MS = 1_000;
/** A screen reader reads every snapshot from its beginning. */
const SNAPSHOTS_PER_SECOND_READ = 0.5;

/**
 * @param optionsOf what to start with, given what was kept from the last time
 * @param onSignals called when signals are handled here, until when they are the caller's
 * @returns the process's exit code
 */
export async function show(
  optionsOf: (kept: KeptSettings) => ScreenOptions,
  onSignals: () => void,
): Promise<number> {
  const settings = await openSettings();
  const { plan, target, mayFallBack, notice } = optionsOf(settings.kept);
  const isRead = process.env.INK_SCREEN_READER === "true";
  const store = new ExperimentStore(
    { plan, target: describeTarget(target), notice: settings.notice ?? notice },
    isRead ? SNAPSHOTS_PER_SECOND_READ : SNAPSHOTS_PER_SECOND,
  );
  const session = new Session(store, settings, mayFallBack);
  let screen: Instance | undefined;
  const redraw = () => {
    if (isRead) return;
    process.stdout.write(EMPTY_SCREEN);
    screen?.clear();
  };
  const app = h(App, { session, redraw });
  process.stdout.write(SAVE_TITLE);
  screen = render(app, {
    // Read aloud nothing stands in columns.
    stdout: isRead ? process.stdout : withPinnedColumns(process.stdout),
    alternateScreen: !isRead,
    exitOnCtrlC: false,
    // A terminal it is, as the entry has seen; Ink would also ask whether this is a CI machine.
    interactive: true,
    incrementalRendering: true,
    maxFps: MAX_FPS,
  });
  let hasLeft = false;
  const hurry = () => process.exit(1);
  // A signal gives the terminal back and ends the target first. Ctrl-C is a signal only once the usual
  // screen is back: whoever presses it then does not wait for the target.
  endInOrder((signal) => (hasLeft && signal === "SIGINT" ? hurry() : screen.unmount()), hurry);
  onSignals();
  leaveWithTerminal(screen);
  let crash: Error | undefined;
  process.on("uncaughtException", (error) => {
    crash ??= error;
    screen.unmount();
  });
  try {
    await screen.waitUntilExit();
  } finally {
    hasLeft = true;
    process.stdout.write(RESTORE_TITLE);
    store.close();
    await awaitInWords(session.close(), store);
  }
  if (crash) throw crash;
  // Read aloud, what was last said stays, and its line has no end.
  process.stdout.write(`${isRead ? "\n" : ""}${farewell(store.current, session.hourly)}`);
  const { failure, models } = store.current;
  return failure || models.some((model) => model.failure) ? 1 : 0;
}

/** Waits for the end; the usual screen is back, and empty meanwhile. */
async function awaitInWords(ending: Promise<void>, store: ExperimentStore): Promise<void> {
  const say = () => {
    const what = isBusy(store.current) ? "what is under way" : "the target";
    process.stdout.write(`Waiting for ${what} to end …\n`);
  };
  const patience = setTimeout(say, SILENCE_MS);
  await ending.finally(() => clearTimeout(patience));
}

/** A terminal that is gone takes nothing more: that is the end of the screen, and no crash. */
function leaveWithTerminal(screen: Instance): void {
  for (const stream of [process.stdin, process.stdout, process.stderr]) {
    stream.on("error", () => screen.unmount());
  }
}

/**
 * The alternate screen is gone with everything on it: the last verdict is said once more, and what is
 * billed on.
 */
function farewell(snapshot: Snapshot, hourly: readonly HourlyCost[]): string {
  const { verdict, isVerdictOld, labels, record, failure, models } = snapshot;
  const words = verdict && !isVerdictOld && verdictWords(verdict, labels);
  const said = failure
    ? [`error: ${failure.message}`, failure.nextStep]
    : words
      ? [`${words.title}  ${words.finding}`, words.evidence]
      : [];
  const lines = [...said, ...(record === undefined ? [] : [`Record: ${record}`])];
  // Of a comparison each model's answer.
  for (const model of models) {
    const title = model.verdict && verdictWords(model.verdict, model.labels).title;
    if (title !== undefined) lines.push(`${model.target.title}: ${title}`);
    if (model.failure) lines.push(`error: ${model.target.title}: ${model.failure.message}`);
    if (model.record !== undefined) lines.push(`Record: ${model.record}`);
  }
  lines.push(...hourly.map(hourlyWords));
  return lines.map((line) => `${printable(line)}\n`).join("");
}
