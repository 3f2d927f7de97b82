/** What the command lines of all programs have in common: options, wrong usage, questions. */

import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { printableLines } from "./printable.ts";
import { isStartedByNpm } from "./signals.ts";

/** The exit code of a program that was called in a wrong way. */
export const WRONG_USAGE = 2;

/** Options that npm has as well: its own settings set them, so they tell nothing. */
const NPM_OWN: ReadonlySet<string> = new Set(["--json", "--yes"]);

/**
 * A command with `--help`. Wrong arguments end the process with a message and exit code 2, help with
 * 0. {@link parseArguments} parses them.
 *
 * @param script of package.json that starts the program
 */
export function createCommand(script: string, description: string): Command {
  return new Command(`npm run ${script} --`)
    .description(description)
    .helpOption("--help", "show this help")
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(printableLines(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE));
}

/**
 * Parses the arguments after the program's name. npm takes options that stand before `--` for its own
 * and passes on none of them, so the program would do something else than was asked for. npm tells
 * each one in a variable, by which they are found here and refused.
 */
export function parseArguments(command: Command, args: readonly string[]): Command {
  const taken = isStartedByNpm()
    ? command.options.find(({ long }) => isTakenByNpm(long))
    : undefined;
  if (taken) {
    command.error(
      `error: npm took ${taken.long} for an option of its own.\n` +
        `Put -- before the options: ${command.name()} ${taken.long} …`,
    );
  }
  return command.parse(args, { from: "user" });
}

function isTakenByNpm(option: string | undefined): boolean {
  if (option === undefined || NPM_OWN.has(option)) return false;
  const value = process.env[`npm_config_${option.slice("--".length).replaceAll("-", "_")}`];
  // `target` may be a version of Node.js that packages are built for.
  return value !== undefined && !(option === "--target" && /^v?\d/.test(value));
}

// Questions to the person at the terminal

/** Whether somebody is there who sees a question and can answer it. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks on standard error.
 *
 * @returns whether the answer is yes; `undefined` when the person wants to leave
 */
export async function ask(question: string, signal: AbortSignal): Promise<boolean | undefined> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    // Ctrl-C and Ctrl-D arrive here as keys, not as signals.
    if (error instanceof Error && error.name === "AbortError") return undefined;
    throw error;
  } finally {
    reader.close();
  }
}
