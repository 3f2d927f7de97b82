/** What is added to the program of a handler and to that of a server does alike: it waits for a moment, and notes. */

import { writeSync } from "node:fs";
import { ROUND_VARIABLE, type RoundInstruction, type RoundNotice } from "./round.ts";

/** Taken before they are delayed. */
const { setImmediate, setTimeout } = globalThis;

/** How long before its time something is waited for turn by turn, since timers are late. */
const SPIN_MS = 2;

/** Takes the instruction out of the variables that the code sees, if there is one. */
export function takeInstruction(): RoundInstruction | undefined {
  const text = process.env[ROUND_VARIABLE];
  delete process.env[ROUND_VARIABLE];
  return text === undefined ? undefined : JSON.parse(text);
}

/** Resolves at a time of the monotonic clock, or at once where that has passed. */
export async function until(at: number): Promise<void> {
  const leftMs = at - performance.now();
  if (leftMs > SPIN_MS) {
    await new Promise<void>((resolve) => void setTimeout(resolve, leftMs - SPIN_MS));
  }
  while (performance.now() < at) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** Notes that a request is under way from here on; gives what notes that it has settled. */
export function noteEntered(pipe: number, requestId: string): () => void {
  const write = (notice: RoundNotice) => void writeSync(pipe, `${JSON.stringify(notice)}\n`);
  let isLater = false;
  setImmediate(() => {
    isLater = true;
  });
  write({ requestId, what: "entered", atMs: performance.now() });
  return () => write({ requestId, what: "settled", atMs: performance.now(), waited: isLater });
}
