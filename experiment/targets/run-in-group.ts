/** Runs a command whose processes all end when it is ended: those that it started as well. */

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { ENDING_SIGNALS, signalIfThere } from "../../basics/signals.ts";

/** Most that a command may print; the CLI's list of a thousand stacks is far shorter. */
const MOST_CHARACTERS = 16 * 2 ** 20;
const MOST_WORDS = "16 MB";

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
 * Runs a command that only reads to its end, without a terminal to ask on. It is the first of a
 * process group of its own, which is killed when it takes too long, and with this process.
 *
 * @throws the system's error when it cannot be started, the signal's reason when that ends it, and
 * Error when it prints too much
 */
export async function runInGroup(
  command: string,
  args: readonly string[],
  { timeoutMs, signal, ...options }: GroupOptions,
): Promise<Finished> {
  signal?.throwIfAborted();
  // Before there is a group to leave behind: the system ends a process that does not listen at once.
  listen();
  let child: ChildProcess | undefined;
  let limit: NodeJS.Timeout | undefined;
  let isLate = false;
  let isLong = false;
  const end = () => {
    if (!child) return;
    killGroup(child);
    // A process that left the group may hold the other ends of these pipes for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const onLong = () => {
    isLong = true;
    end();
  };
  try {
    const started = spawn(command, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child = started;
    along.add(started);
    const closed = once(started, "close");
    // Without a PID it was not started, for want of open files perhaps, and then it has no output.
    if (started.pid === undefined) await closed;
    limit = setTimeout(() => {
      isLate = true;
      end();
    }, timeoutMs);
    signal?.addEventListener("abort", end, { once: true });
    const [stdout, stderr] = [collect(started.stdout, onLong), collect(started.stderr, onLong)];
    const [code, itsSignal] = await closed;
    signal?.throwIfAborted();
    if (isLong) throw new Error(`it printed more than ${MOST_WORDS}`);
    return { code: code ?? itsSignal, stdout: stdout(), stderr: stderr(), isLate };
  } finally {
    if (child) along.delete(child);
    stopListening();
    clearTimeout(limit);
    signal?.removeEventListener("abort", end);
  }
}

/** @param onLong called when it is more than anybody expects; the rest is not kept */
function collect(output: Readable, onLong: () => void): () => string {
  let text = "";
  output.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length > MOST_CHARACTERS) return;
    text += chunk;
    if (text.length > MOST_CHARACTERS) onLong();
  });
  return () => text;
}

/** Kills all of a command's group, unless it has ended. */
function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) signalIfThere(-pid, "SIGKILL");
}

/** Commands that end with this process: signals of the terminal do not reach their groups. */
const along = new Set<ChildProcess>();
/** Calls under way, which listen to what ends this process. */
let listening = 0;

function listen(): void {
  listening += 1;
  if (listening > 1) return;
  process.on("exit", endAll);
  for (const signal of ENDING_SIGNALS) process.prependListener(signal, endWith);
}

function stopListening(): void {
  listening -= 1;
  if (listening > 0) return;
  process.off("exit", endAll);
  for (const signal of ENDING_SIGNALS) process.off(signal, endWith);
}

function endAll(): void {
  for (const child of along) killGroup(child);
}

/** A signal that nobody else listens to would have ended this process, and does. */
function endWith(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  process.off(signal, endWith);
  process.kill(process.pid, signal);
}
