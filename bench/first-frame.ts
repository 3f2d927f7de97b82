/** How soon the screen shows something, against an Ink program that prints one line. */

import { Terminal } from "../test/screen/terminal.ts";
import { median, printRatio } from "./figures.ts";

const ROUNDS = 9;

/** Prints the median time from starting the process to the first frame, and the ratio. */
export async function benchFirstFrame(): Promise<void> {
  const ours: number[] = [];
  const least: number[] = [];
  // The first start compiles what the later ones find compiled.
  await firstFrame("tui/main.ts", true);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await firstFrame("tui/main.ts", false));
    least.push(await firstFrame("bench/one-line.ts", false));
  }
  printRatio("first frame", median(ours), "an Ink program of one line", median(least), "ms");
}

/** @param isLeft whether to leave in order, so that what was compiled is kept */
async function firstFrame(program: string, isLeft: boolean): Promise<number> {
  const startedAt = performance.now();
  const terminal = new Terminal(process.execPath, ["--import", "./preload.js", program], {
    env: { NODE_ENV: "production" },
  });
  await terminal.writes("Lambda Concurrency Test");
  const ms = performance.now() - startedAt;
  if (isLeft) {
    await terminal.shows(/⏎ fire/);
    terminal.press("q");
    await terminal.exited;
  }
  await terminal.dispose();
  return ms;
}
