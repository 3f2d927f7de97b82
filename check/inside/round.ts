/**
 * What an environment is told of the round that it serves, and what it tells of it. The instruction is
 * in a variable that the handler does not see; what happens is written to a pipe of its own.
 */

/** The variable that holds a {@link RoundInstruction} as JSON. */
export const ROUND_VARIABLE = "LAMBDA_CONCURRENCY_TEST_ROUND";
/** The descriptor of the pipe. */
export const ROUND_PIPE = 3;

export interface RoundInstruction {
  /**
   * When each event is let go, in milliseconds after all have come, in the order in which they come.
   * Without any, each is let go when it comes.
   */
  letGoAtMs: readonly number[];
  /** Settles by how much timers, sockets and files end late; absent: they end when they end. */
  delaySeed?: number;
}

/** One line: a handler was called, or what it promised has settled. They come in their true order. */
export interface RoundNotice {
  requestId: string;
  what: "entered" | "settled";
  /** By the monotonic clock of the process, in milliseconds. */
  atMs: number;
  /** Once settled: whether it ever let something else go on meanwhile. */
  waited?: boolean;
}
