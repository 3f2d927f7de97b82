/** The screen in a terminal of its own, ready for the first key. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { ROOT, temporaryFolder } from "../processes.ts";
import { linesOf } from "../record-lines.ts";
import { KEYS, Terminal, type TerminalOptions } from "./terminal.ts";

interface ScreenOptions extends TerminalOptions {
  args?: readonly string[];
  /** What `--target` names, where no argument does; `kept` passes none. */
  target?: string;
  /** Arguments of Node.js itself. */
  nodeArgs?: readonly string[];
  /** How many files the program may have open, where not as many as these tests. */
  maxFiles?: number;
  /** The data folder; by default a new one. */
  data?: string;
}

/** The usual plan, with less to wait for. */
export const QUICK = ["--hold", "400ms"];

export async function openScreen({
  args = [],
  target = "local",
  nodeArgs = [],
  maxFiles,
  data = temporaryFolder(),
  env = {},
  ...size
}: ScreenOptions = {}): Promise<{ terminal: Terminal; data: string }> {
  const where = target === "kept" || args.includes("--target") ? [] : ["--target", target];
  const command = [
    process.execPath,
    ...nodeArgs,
    join(ROOT, "tui/start-screen.ts"),
    ...where,
    ...args,
  ];
  const limit = maxFiles === undefined ? "" : `ulimit -n ${maxFiles} && `;
  const terminal = new Terminal("sh", ["-c", `${limit}exec "$@"`, "sh", ...command], {
    ...size,
    env: { LAMBDA_CONCURRENCY_TEST_DATA: data, ...env },
  });
  onTestFinished(() => terminal.dispose());
  await terminal.shows(/⏎ fire/);
  return { terminal, data };
}

/** The screen as people start it, from a shell, which can have its turn; its prompt is `prompt>`. */
export async function openFromShell(): Promise<{ terminal: Terminal; data: string }> {
  const data = temporaryFolder();
  const terminal = new Terminal("bash", ["--norc", "-i"], {
    env: { LAMBDA_CONCURRENCY_TEST_DATA: data, PS1: "prompt> ", HISTFILE: "" },
  });
  onTestFinished(() => terminal.dispose());
  await terminal.shows(/prompt>/);
  terminal.press(
    `'${process.execPath}' tui/start-screen.ts --target local ${QUICK.join(" ")}${KEYS.enter}`,
  );
  await terminal.shows(/⏎ fire/);
  return { terminal, data };
}

/** The lines of the only record in a data folder. */
export function recordIn(data: string): RecordLine[] {
  const folder = join(data, "records");
  const [name = ""] = readdirSync(folder);
  return linesOf(readFileSync(join(folder, name), "utf8"));
}
