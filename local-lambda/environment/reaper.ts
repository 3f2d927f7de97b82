/**
 * Outlives the embedded Lambda by a moment. It holds the process groups of all environments, and when
 * its standard input ends, in whatever way its parent did, it kills what is left of them and removes
 * their folder. Lines of the standard input are `+ID` and `-ID`.
 *
 * Run as `node reaper.ts FOLDER PID ID…`, with the groups that there are already. Where the embedded
 * Lambda's PID is not empty, descriptor 3 ends with the starter of that. An embedded Lambda that
 * hangs then, so that it does not end by itself, is killed.
 */

import { rmSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { ENDING_SIGNALS, signalIfThere } from "../../basics/signals.ts";

/** How long the embedded Lambda may take to end when its starter has, in milliseconds. */
const CLOSE_MS = 5_000;
const LIFELINE = 3;

const [, , folder = "", embedded = "", ...known] = process.argv;
const groups = new Set(known.map(Number));

// A Ctrl-C is for the program in front; this one ends with its parent.
for (const signal of ENDING_SIGNALS) process.on(signal, () => {});

if (embedded !== "") {
  const lifeline = new Socket({ fd: LIFELINE, readable: true, writable: false }).unref().resume();
  // However it breaks, what is held here must be ended.
  lifeline
    .on("error", () => {})
    .once("close", () =>
      setTimeout(() => signalIfThere(Number(embedded), "SIGKILL"), CLOSE_MS).unref(),
    );
}

for await (const line of createInterface({ input: process.stdin })) {
  const id = Number(line.slice(1));
  // 0 and 1 would stand for far too many processes.
  if (!Number.isInteger(id) || id < 2) continue;
  if (line.startsWith("+")) groups.add(id);
  else groups.delete(id);
}
for (const id of groups) signalIfThere(-id, "SIGKILL");
rmSync(folder, { recursive: true, force: true });
