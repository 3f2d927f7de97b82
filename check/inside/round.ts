/**
 * What an environment is told of the round that it serves, and what it tells of it. The instruction is
 * in a variable that the code does not see; what happens is written to a pipe of its own.
 */

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
