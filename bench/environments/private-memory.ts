/** How much memory a process has for itself alone, by Linux's own count. */

import { readFileSync } from "node:fs";
import { median } from "../figures.ts";

/**
 * The median over several processes, in MB; what they share, such as the program's code, is left out.
 * https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
 */
export function privateMemoryMb(pids: readonly number[]): number {
  return median(pids.map((pid) => privateKb(pid) / 1_024));
}

function privateKb(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const fields = rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
  return Array.from(fields, ([, kb]) => Number(kb)).reduce((sum, kb) => sum + kb, 0);
}
