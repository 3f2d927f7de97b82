/** The processes that belong to a folder. */

import { existsSync, readdirSync, readFileSync } from "node:fs";

export interface FoundProcess {
  pid: number;
  command: string;
}

/**
 * Finds the processes whose command or environment names the folder, whoever started them. Where
 * the system has no /proc, none are found.
 */
export function processesOf(folder: string): FoundProcess[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = read(`/proc/${name}/cmdline`);
      const belongs = `${command}\0${read(`/proc/${name}/environ`)}`.includes(folder);
      return belongs ? [{ pid: Number(name), command: command.replaceAll("\0", " ").trim() }] : [];
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It ended meanwhile.
    return "";
  }
}
