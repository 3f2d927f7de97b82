/**
 * Preloaded into the threads of an environment that serves a round, behind the stand-in for the add-on
 * of AWS's runtime client (local-lambda/environment/runtime-client.ts). It holds the events of the round
 * until all are there, lets each go at its time, and notes when each call of the handler begins and
 * settles. The runtime's loop stays AWS's own.
 */

import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { delayWaits } from "./delays.ts";
import { noteEntered, takeInstruction, until } from "./noting.ts";
import type { RoundInstruction } from "./round.ts";

interface Invocation {
  headers: Record<string, unknown>;
}

interface Client {
  next(): Promise<Invocation>;
}

type Handler = (...args: unknown[]) => unknown;

const RUNTIME_CLIENT = Symbol.for("lambda-concurrency-test.runtime-client");
const NOTED_CALL = "lambda-concurrency-test.noted-call";
/** The two calls of a handler in AWS's client, of one that answers and of one that streams, begin so. */
const HANDLER_CALL = "this.handler(event, ";
/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next */
const REQUEST_ID = "lambda-runtime-aws-request-id";

// The main thread only starts the one that serves, and hands the variable on to it.
const instruction = isMainThread ? undefined : takeInstruction();
if (instruction) {
  const { delaySeed, pipe } = instruction;
  const { nativeClient } = Reflect.get(globalThis, RUNTIME_CLIENT) as { nativeClient: Client };
  nativeClient.next = held(telling(nativeClient.next), instruction);
  Object.assign(globalThis, { [Symbol.for(NOTED_CALL)]: callNoted(pipe) });
  noteCalls();
  if (delaySeed !== undefined) delayWaits(delaySeed, runtimePort());
}

/**
 * Logs what nobody catches from the first poll on. Before that AWS's client logs it; afterwards all that
 * is said is that a thread has ended.
 */
function telling(poll: Client["next"]): Client["next"] {
  let isTelling = false;
  return () => {
    if (!isTelling) {
      process.on("uncaughtExceptionMonitor", (error) => {
        console.error("Nobody caught this:", error);
      });
    }
    isTelling = true;
    return poll();
  };
}

/** The port of the Runtime API, over which nothing is delayed. */
function runtimePort(): number {
  return Number(/:(\d+)/.exec(process.env.AWS_LAMBDA_RUNTIME_API ?? "")?.[1]);
}

/** Takes in all that are held, and only then gives the first one. */
function held(poll: Client["next"], { letGoAtMs }: RoundInstruction): Client["next"] {
  const all = Object.keys(letGoAtMs).length;
  const waiting: { invocation: Invocation; atMs: number }[] = [];
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

function callNoted(pipe: number) {
  return (handler: Handler, requestId: string, ...args: unknown[]): unknown => {
    const settle = noteEntered(pipe, requestId);
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
  };
}
