/** Questions to the person at the terminal. */

import { createInterface } from "node:readline/promises";

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
