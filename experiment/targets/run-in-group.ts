/** Runs a command whose processes all end when it is ended: those that it started as well. */

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/** How long a command may take to end when it is asked to, in milliseconds. */
const GRACE_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Finished {
  /** The exit code, or what ended it. */
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
  /** Whether it was ended because it took too long. */
  isLate: boolean;
}

interface GroupOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  /** How long it may take, in milliseconds. */
  timeoutMs: number;
  /** Ends it early. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a command to its end, without a terminal to ask on. It is the first of a process group of
 * its own, which is ended with it, by SIGKILL where it does not listen, and with this process.
 *
 * @throws the system's error when it cannot be started, and the signal's reason when that ends it
 */
export async function runInGroup(
  command: string,
  args: readonly string[],
  { timeoutMs, signal, ...options }: GroupOptions,
): Promise<Finished> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { ...options, stdio: "pipe", detached: true });
  const closed = once(child, "close");
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  let isLate = false;
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child, "SIGTERM");
    force ??= setTimeout(() => forceEnd(child), GRACE_MS);
  };
  const limit = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  signal?.addEventListener("abort", end, { once: true });
  takeAlong(child);
  try {
    const [code, itsSignal] = await closed;
    signal?.throwIfAborted();
    return { code: code ?? itsSignal, stdout: stdout(), stderr: stderr(), isLate };
  } finally {
    // What it started may go on without it.
    if (force) signalGroup(child, "SIGKILL");
    leaveBehind(child);
    clearTimeout(limit);
    clearTimeout(force);
    signal?.removeEventListener("abort", end);
  }
}

function collect(output: Readable): () => string {
  let text = "";
  output.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** Signals all of a command's group, unless it has ended. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}

function forceEnd(child: ChildProcess): void {
  signalGroup(child, "SIGKILL");
  // Who has left the group may hold the other ends for ever.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/** Commands that end with this process: signals of the terminal do not reach their groups. */
const along = new Set<ChildProcess>();

function takeAlong(child: ChildProcess): void {
  if (along.size === 0) {
    process.on("exit", endAll);
    for (const signal of SIGNALS) process.prependListener(signal, endWith);
  }
  along.add(child);
}

function leaveBehind(child: ChildProcess): void {
  along.delete(child);
  if (along.size > 0) return;
  process.off("exit", endAll);
  for (const signal of SIGNALS) process.off(signal, endWith);
}

function endAll(): void {
  for (const child of along) signalGroup(child, "SIGKILL");
}

/** A signal that nobody else listens to would have ended this process, and does. */
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  process.off(signal, endWith);
  process.kill(process.pid, signal);
}
