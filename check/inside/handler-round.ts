/**
 * Added to the program of an environment that serves a round, between the stand-in for the add-on of
 * AWS's runtime client (local-lambda/environment/runtime-client.ts) and that client. It holds the events
 * of the round until all are there, lets each go at its time, and notes when each call of the handler
 * begins and settles. The runtime's loop stays AWS's own.
 */

import { isMainThread } from "node:worker_threads";
import type { ApiAnswer } from "../../local-lambda/environment/api-connection.ts";
import { nativeClient } from "../../local-lambda/environment/runtime-client.ts";
import { delayWaits } from "./delays.ts";
import { noteEntered, type RoundInstruction, takeInstruction, until } from "./round.ts";

type Poll = typeof nativeClient.next;
type Handler = (...args: unknown[]) => unknown;

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next */
const REQUEST_ID = "lambda-runtime-aws-request-id";

// The main thread only starts the one that serves, and hands the variable on to it.
const instruction = isMainThread ? undefined : takeInstruction();
if (instruction) {
  nativeClient.next = holdRound(logUncaught(nativeClient.next), instruction);
  const { delaySeed } = instruction;
  if (delaySeed !== undefined) delayWaits(delaySeed, runtimePort());
}

/**
 * Logs what nobody catches from the first poll on. Before that AWS's client logs it; afterwards all that
 * is said is that a thread has ended.
 */
function logUncaught(poll: Poll): Poll {
  let isLogging = false;
  return () => {
    if (!isLogging) {
      process.on("uncaughtExceptionMonitor", (error) => {
        console.error("Nobody caught this:", error);
      });
    }
    isLogging = true;
    return poll();
  };
}

/** The port of the Runtime API, over which nothing is delayed. */
function runtimePort(): number {
  return Number(/:(\d+)/.exec(process.env.AWS_LAMBDA_RUNTIME_API ?? "")?.[1]);
}

/** Takes in all that are held, and only then gives the first one. */
function holdRound(poll: Poll, { letGoAtMs }: RoundInstruction): Poll {
  const all = Object.keys(letGoAtMs).length;
  const waiting: { invocation: ApiAnswer; atMs: number }[] = [];
  let startedAt: number | undefined;
  return async () => {
    while (startedAt === undefined) {
      const invocation = await poll();
      const atMs = letGoAtMs[String(invocation.headers[REQUEST_ID])];
      if (atMs === undefined) return invocation;
      waiting.push({ invocation, atMs });
      if (waiting.length < all) continue;
      waiting.sort((one, other) => one.atMs - other.atMs);
      startedAt = performance.now();
    }
    const next = waiting.shift();
    if (!next) return poll();
    await until(startedAt + next.atMs);
    return next.invocation;
  };
}

/** Calls the handler as AWS's client would, and notes when that begins and settles. */
export function callNoted(handler: Handler, requestId: string, ...args: unknown[]): unknown {
  if (!instruction) return handler(...args);
  const settle = noteEntered(instruction.pipe, requestId);
  let result: unknown;
  try {
    result = handler(...args);
  } catch (error) {
    settle();
    throw error;
  }
  // What is no promise has settled; one that rejects is heard of by the client, too.
  Promise.resolve(result).then(settle, settle);
  return result;
}
