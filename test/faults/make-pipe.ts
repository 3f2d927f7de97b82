/** Pipes with a name. */

import { execFileSync } from "node:child_process";

/** Makes a pipe into which nobody writes: who opens it to read waits. */
export function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path]);
}
