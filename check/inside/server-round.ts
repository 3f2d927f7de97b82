/**
 * Added to what is preloaded into the process of a Web Function that serves a round, behind the
 * stand-in for its port (local-lambda/environment/web-preload.ts). It holds the requests of the round
 * until all are there, lets each go at its time, and notes when the server's listener is called with
 * each, and when its response is finished.
 */

import { AsyncResource } from "node:async_hooks";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import { isMainThread } from "node:worker_threads";
import { delayWaits } from "./delays.ts";
import { noteEntered, type RoundInstruction, takeInstruction, until } from "./round.ts";

/** Taken before it is replaced. */
const { setImmediate } = globalThis;

/** https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html */
const REQUEST_ID = "lambda-web-request-id";

const instruction = isMainThread ? takeInstruction() : undefined;
if (instruction) {
  holdRequests(instruction);
  if (instruction.delaySeed !== undefined) delayWaits(instruction.delaySeed);
}

type Emit = (this: Server, name: string, ...args: unknown[]) => boolean;

/** Whatever framework it is, its listener hears of a request by this event. */
function holdRequests({ letGoAtMs, pipe }: RoundInstruction): void {
  const emit = Server.prototype.emit as Emit;
  const seen = new Set<string>();
  const all = Object.keys(letGoAtMs).length;
  const waiting: { call: () => void; atMs: number }[] = [];
  const ours: Emit = function (name, ...args) {
    const emitNow = () => Reflect.apply(emit, this, [name, ...args]);
    if (name !== "request") return emitNow();
    const [request, response] = args as [IncomingMessage, ServerResponse];
    const requestId = String(request.headers[REQUEST_ID]);
    // Nobody else has the header, unless the code sends it on to another server of its own.
    if (request.headers[REQUEST_ID] === undefined || seen.has(requestId)) return emitNow();
    seen.add(requestId);
    const call = () => {
      const settle = onlyOnce(noteEntered(pipe, requestId));
      response.once("finish", settle).once("close", settle);
      emitNow();
    };
    const atMs = letGoAtMs[requestId];
    if (atMs === undefined) {
      call();
      return true;
    }
    // As without us, what follows from one request has nothing to do with what follows from another.
    const context = new AsyncResource("HTTPINCOMINGMESSAGE");
    waiting.push({ call: () => context.runInAsyncScope(call), atMs });
    if (waiting.length === all) letGo(waiting);
    return true;
  };
  Server.prototype.emit = ours as typeof Server.prototype.emit;
}

function letGo(waiting: { call: () => void; atMs: number }[]): void {
  const startedAt = performance.now();
  for (const { call, atMs } of waiting.toSorted((one, other) => one.atMs - other.atMs)) {
    // In a turn of its own, as when it comes; what its listener throws is not caught, either.
    void until(startedAt + atMs).then(() => setImmediate(call));
  }
}

function onlyOnce(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
