/**
 * Outlives the embedded Lambda by a moment. It holds the process groups of all environments, as
 * told on its standard input, and when that ends, in whatever way its parent did, it kills what is
 * left of them and removes their folder. Run as `node reaper.ts FOLDER`; lines are `+ID` and `-ID`.
 */

import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , folder] = process.argv;
const groups = new Set<number>();

// A Ctrl-C is for the program in front; this one ends with its parent.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const id = Number(line.slice(1));
  if (!Number.isInteger(id) || id < 2) continue;
  if (line.startsWith("+")) groups.add(id);
  else groups.delete(id);
}
for (const id of groups) {
  try {
    process.kill(-id, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
if (folder) rmSync(folder, { recursive: true, force: true });
