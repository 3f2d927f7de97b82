/**
 * Preloaded into the threads of an environment that serves a round, behind the stand-in for the add-on
 * of AWS's runtime client (local-lambda/environment/runtime-client.ts). It holds the events of the round
 * until all are there, lets each go at its time, and notes when each call of the handler begins and
 * settles. The runtime's loop stays AWS's own.
 */

import { writeSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { delayWaits } from "./delays.ts";
import { ROUND_PIPE, ROUND_VARIABLE, type RoundInstruction, type RoundNotice } from "./round.ts";

/** Taken before they are delayed. */
const { setImmediate, setTimeout } = globalThis;

/** How long before its time an event is waited for turn by turn, since timers are late. */
const SPIN_MS = 2;

interface Client {
  next(): Promise<unknown>;
}

type Handler = (...args: unknown[]) => unknown;

const RUNTIME_CLIENT = Symbol.for("lambda-concurrency-test.runtime-client");
const NOTED_CALL = "lambda-concurrency-test.noted-call";
/** The two calls of a handler in AWS's client, of one that answers and of one that streams, begin so. */
const HANDLER_CALL = "this.handler(event, ";

// The main thread only starts the one that serves, and hands the variable on to it.
const text = process.env[ROUND_VARIABLE];
if (!isMainThread && text !== undefined) {
  delete process.env[ROUND_VARIABLE];
  const { letGoAtMs, delaySeed }: RoundInstruction = JSON.parse(text);
  const { nativeClient } = Reflect.get(globalThis, RUNTIME_CLIENT) as { nativeClient: Client };
  nativeClient.next = held(nativeClient.next, letGoAtMs);
  Object.assign(globalThis, { [Symbol.for(NOTED_CALL)]: callNoted });
  noteCalls();
  if (delaySeed !== undefined) delayWaits(delaySeed, runtimePort());
}

/** The port of the Runtime API, over which nothing is delayed. */
function runtimePort(): number {
  return Number(/:(\d+)/.exec(process.env.AWS_LAMBDA_RUNTIME_API ?? "")?.[1]);
}

/** Takes in as many invocations as there are times, and only then gives the first one. */
function held(poll: Client["next"], letGoAtMs: readonly number[]): Client["next"] {
  let waiting: { invocation: unknown; atMs: number }[] | undefined;
  let startedAt = 0;
  return async () => {
    if (!waiting) {
      waiting = [];
      for (const atMs of letGoAtMs) waiting.push({ invocation: await poll(), atMs });
      waiting.sort((one, other) => one.atMs - other.atMs);
      startedAt = performance.now();
    }
    const next = waiting.shift();
    if (!next) return poll();
    await until(startedAt + next.atMs);
    return next.invocation;
  };
}

/** Resolves at a time of the monotonic clock, or at once where that has passed. */
async function until(at: number): Promise<void> {
  const leftMs = at - performance.now();
  if (leftMs > SPIN_MS) {
    await new Promise<void>((resolve) => void setTimeout(resolve, leftMs - SPIN_MS));
  }
  while (performance.now() < at) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** Puts {@link callNoted} around each call of the handler in the text of AWS's client. */
function noteCalls(): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      // The client is what this thread runs, as it knows once it runs it.
      const [, client = ""] = process.argv;
      if (url !== pathToFileURL(client).href) return loaded;
      const { source } = loaded;
      const theirs = typeof source === "string" ? source : Buffer.from(source as Buffer).toString();
      if (!theirs.includes(HANDLER_CALL)) {
        throw new Error(`This aws-lambda-ric is another: it lacks "${HANDLER_CALL}"`);
      }
      const ours = `globalThis[Symbol.for("${NOTED_CALL}")](this.handler, context.awsRequestId, event, `;
      return { ...loaded, source: theirs.replaceAll(HANDLER_CALL, () => ours) };
    },
  });
}

function callNoted(handler: Handler, requestId: string, ...args: unknown[]): unknown {
  let isLater = false;
  setImmediate(() => {
    isLater = true;
  });
  notice({ requestId, what: "entered", atMs: performance.now() });
  const settle = () => {
    notice({ requestId, what: "settled", atMs: performance.now(), waited: isLater });
  };
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

function notice(line: RoundNotice): void {
  writeSync(ROUND_PIPE, `${JSON.stringify(line)}\n`);
}
