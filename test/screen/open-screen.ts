/** The screen in a terminal of its own, ready for the first key. */

import { onTestFinished } from "vitest";
import { commandOf, temporaryFolder } from "../processes.ts";
import { KEYS, Terminal, type TerminalOptions } from "./terminal.ts";

interface ScreenOptions extends TerminalOptions {
  args?: readonly string[];
  /** What `--target` names, where no argument does; `kept` passes none. */
  target?: string;
  /** Arguments of Node.js itself. */
  nodeArgs?: string[];
  /** What to start the screen with, where the machine should lack something. */
  machine?: readonly string[];
  /** The data folder; by default a new one. */
  data?: string;
}

/** The usual plan, with less to wait for. */
export const QUICK = ["--hold", "400ms"];

export async function openScreen({
  args = [],
  target = "local",
  nodeArgs = [],
  machine = [],
  data = temporaryFolder(),
  env = {},
  ...size
}: ScreenOptions = {}): Promise<{ terminal: Terminal; data: string }> {
  const where = target === "kept" || args.includes("--target") ? [] : ["--target", target];
  const terminal = startTerminal([...machine, ...commandOf("tui", [...where, ...args], nodeArgs)], {
    ...size,
    env: { LAMBDA_CONCURRENCY_TEST_DATA: data, ...env },
  });
  await terminal.shows(/⏎ fire/);
  return { terminal, data };
}

/** Opens the form of the plan. */
export async function editPlan(terminal: Terminal): Promise<void> {
  await terminal.pressFor("e", /▸ Clients/);
}

/** Runs a command line in a terminal that ends with the test. */
export function startTerminal(
  [command = "", ...args]: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: temporaryFolder(), ...options.env };
  const terminal = new Terminal(command, args, { ...options, env });
  onTestFinished(() => terminal.dispose());
  return terminal;
}

/** A shell, which can have its turn; its prompt is `prompt>`. */
export async function openShell(): Promise<{ terminal: Terminal; data: string }> {
  const data = temporaryFolder();
  const env = { LAMBDA_CONCURRENCY_TEST_DATA: data, PS1: "prompt> ", HISTFILE: "" };
  const terminal = startTerminal(["bash", "--norc", "-i"], { env });
  await terminal.shows(/prompt>/);
  return { terminal, data };
}

/** The screen as people start it, from a shell. */
export async function openFromShell(): Promise<{ terminal: Terminal; data: string }> {
  const opened = await openShell();
  const words = commandOf("tui", ["--target", "local", ...QUICK]).map((word) => `'${word}'`);
  await opened.terminal.pressFor(`${words.join(" ")}${KEYS.enter}`, /⏎ fire/);
  return opened;
}
