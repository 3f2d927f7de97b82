/**
 * How a parent process steers an embedded Lambda, over Node's own channel between the two: nobody
 * else on the machine can reach it. When the channel closes, the embedded Lambda ends. Its standard
 * input may be a pipe that nothing is written to, and whoever starts it says so by a variable: when
 * that closes and it hangs, it is killed.
 */

/** Set to any value: the standard input ends with whoever started this process. */
export const LIFELINE_VARIABLE = "LAMBDA_CONCURRENCY_TEST_LIFELINE";

/** Sent once, when the URL is ready. */
export interface ReadyMessage {
  type: "ready";
  url: string;
  /** Of the handler that the environments run, in hexadecimal. */
  codeSha256: string;
}

/** Sent instead when it cannot start, and later when it ends for a reason of its own. */
export interface FailedMessage {
  type: "failed";
  message: string;
}

/** What the parent may ask for. */
export type ControlRequest = { type: "recycle" } | { type: "logs"; environment: string };

/** A request with its number, by which its one answer is known. */
export type ControlCall = ControlRequest & { call: number };

export interface ControlAnswer {
  type: "answer";
  call: number;
  lines: readonly string[];
}

export type ChildMessage = ReadyMessage | FailedMessage | ControlAnswer;
