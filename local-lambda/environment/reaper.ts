/**
 * Outlives the embedded Lambda by a moment. It holds the process groups of all environments, as
 * told on its standard input, and when that ends, in whatever way its parent did, it kills what is
 * left of them and removes their folder. Lines are `+ID` and `-ID`.
 *
 * Run as `node reaper.ts FOLDER [PID]`. With the embedded Lambda's PID, descriptor 3 ends with whoever
 * started that. An embedded Lambda that hangs then, so that it does not end by itself, is killed.
 */

import { rmSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { ENDING_SIGNALS } from "../../basics/signals.ts";

/** How long the embedded Lambda may take to end when who started it has, in milliseconds. */
const CLOSE_MS = 5_000;
const LIFELINE = 3;

const [, , folder, embedded] = process.argv;
const groups = new Set<number>();

// A Ctrl-C is for the program in front; this one ends with its parent.
for (const signal of ENDING_SIGNALS) process.on(signal, () => {});

if (embedded !== undefined) {
  const lifeline = new Socket({ fd: LIFELINE, readable: true, writable: false }).unref().resume();
  // However it breaks, what is held here must be ended.
  lifeline
    .on("error", () => {})
    .once("close", () => setTimeout(() => kill(Number(embedded)), CLOSE_MS).unref());
}

for await (const line of createInterface({ input: process.stdin })) {
  const id = Number(line.slice(1));
  if (!Number.isInteger(id) || id < 2) continue;
  if (line.startsWith("+")) groups.add(id);
  else groups.delete(id);
}
for (const id of groups) kill(-id);
if (folder) rmSync(folder, { recursive: true, force: true });

/** @param id of a process, or the negative one of a group */
function kill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
