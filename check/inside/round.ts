/**
 * What an environment is told of the round that it serves, and what it tells of it. The instruction is
 * in a variable that the code does not see; what happens is written to a pipe of its own. The
 * additions to the program of a handler and to that of a server both do it by what stands here.
 */

import { writeSync } from "node:fs";

/** The variable that holds a {@link RoundInstruction} as JSON. */
export const ROUND_VARIABLE = "LAMBDA_CONCURRENCY_TEST_ROUND";

export interface RoundInstruction {
  /**
   * The requests that are held until all of them have come, by their ids, and when each is then let go,
   * in milliseconds. All others are let go when they come.
   */
  letGoAtMs: Record<string, number>;
  /** Settles by how much timers, sockets and files end late; absent: they end when they end. */
  delaySeed?: number;
  /** The descriptor of the pipe. */
  pipe: number;
}

/**
 * One line: a handler was called, or what it promised has settled; of a server, its listener was called
 * with a request, or the response is finished. They come in their true order.
 */
export interface RoundNotice {
  requestId: string;
  what: "entered" | "settled";
  /** By the monotonic clock of the process, in milliseconds. */
  atMs: number;
  /** Once settled: whether it ever let something else go on meanwhile. */
  waited?: boolean;
}

/** Taken before they are delayed. */
const { setImmediate, setTimeout } = globalThis;

/** How long before its time something is waited for turn by turn, since timers are late. */
const SPIN_MS = 2;

/** Takes the instruction out of the variables that the code sees, if there is one. */
export function takeInstruction(): RoundInstruction | undefined {
  const text = process.env[ROUND_VARIABLE];
  delete process.env[ROUND_VARIABLE];
  return text === undefined ? undefined : JSON.parse(text);
}

/** Resolves at a time of the monotonic clock, or at once where that has passed. */
export async function until(at: number): Promise<void> {
  const leftMs = at - performance.now();
  if (leftMs > SPIN_MS) {
    await new Promise<void>((resolve) => void setTimeout(resolve, leftMs - SPIN_MS));
  }
  while (performance.now() < at) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** Notes that a request is under way from here on; gives what notes that it has settled. */
export function noteEntered(pipe: number, requestId: string): () => void {
  const write = (notice: RoundNotice) => void writeSync(pipe, `${JSON.stringify(notice)}\n`);
  let isLater = false;
  setImmediate(() => {
    isLater = true;
  });
  write({ requestId, what: "entered", atMs: performance.now() });
  return () => write({ requestId, what: "settled", atMs: performance.now(), waited: isLater });
}
