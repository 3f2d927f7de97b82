/** Programs that a bench runs to their end, and how long they take. */

import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Ran {
  /** From starting the program until it has ended, in milliseconds. */
  wholeMs: number;
  /** What the program said to whoever started it, where it speaks to it at all. */
  message: unknown;
}

/**
 * Runs a program and waits for its end.
 *
 * @throws Error when it fails, with the last lines that it printed
 */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...(program === process.execPath ? ["ipc" as const] : [])],
  });
  let message: unknown;
  let printed = "";
  child.on("message", (said) => {
    message = said;
  });
  for (const output of [child.stdout, child.stderr]) {
    output?.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-1_000);
    });
  }
  const [code] = await once(child, "close");
  const wholeMs = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${printed}`);
  return { wholeMs, message };
}

/** Runs a program of this project on the Node.js that runs the bench, as the npm scripts do. */
export function runOurs(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return run(process.execPath, ["--import", "./preload.js", path, ...args], env);
}
