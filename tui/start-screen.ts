/** `npm run tui`: the experiment on a screen. */

import { registerHooks } from "node:module";
import { WRONG_USAGE } from "../basics/command-line.ts";
import { endWithNpm, onEndingSignals } from "../basics/signals.ts";
import { parseScreenOptions } from "./screen-options.ts";

/** A shell's exit code for a program that a signal ended, less the signal's number. */
const FATAL = 128;

const options = parseScreenOptions(process.argv.slice(2));
const lack = lackOfTerminal();
if (lack !== undefined) {
  console.error(`${lack}, run the same experiment with:\n  npm run experiment`);
  process.exit(WRONG_USAGE);
}
// Only ending by itself gives back a terminal in raw mode, whatever the signal is.
const handOver = onEndingSignals((_, number) => process.exit(FATAL + number));
endWithNpm();
// What is typed while the screen loads is meant for it, and the terminal must not echo it.
process.stdin.setRawMode(true);
// Both are read when Ink and chalk are imported: the production build of React, and no colours
// where the user wants none, which chalk does not ask for by itself.
process.env.NODE_ENV ??= "production";
if (process.env.NO_COLOR) process.env.FORCE_COLOR = "0";

// Ink takes one function of a package whose entry loads 400 files: a fifth of the time until the first
// frame.
registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    if (specifier !== "es-toolkit/compat") return found;
    return { ...found, url: new URL("function/throttle.mjs", found.url).href };
  },
});

try {
  const { show } = await import("./show.ts");
  process.exitCode = await show(options, handOver);
} catch (error) {
  const { printError } = await import("../experiment/reports/error-words.ts");
  printError(error);
  process.exitCode = 1;
}
// Nobody waits for what hangs, such as a program that was asked for credentials.
process.exit();

/** Why there is no terminal to draw on, as the beginning of a sentence; sentences are redrawn as well. */
function lackOfTerminal(): string | undefined {
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    return "The screen needs a terminal. Without one";
  }
  const { TERM = "" } = process.env;
  if (!["", "dumb", "unknown"].includes(TERM)) return undefined;
  const words = TERM === "" ? "TERM is not set" : `TERM=${TERM} is none`;
  return `The screen needs a terminal on which text can be placed, and ${words}. Without one`;
}
