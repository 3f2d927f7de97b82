/** The invocations inside an environment, and how they end. */

import type { PassThrough } from "node:stream";
import {
  BrokenStream,
  type Invocation,
  type InvocationResult,
  type ResponseStream,
} from "../invocation.ts";
import type { LogStream } from "./log-stream.ts";

interface Flight {
  invocation: Invocation;
  timer: NodeJS.Timeout | undefined;
  /** What its handler writes, once it streams. */
  stream?: ResponseStream & { body: PassThrough };
}

export class InFlight {
  readonly #flights = new Map<string, Flight>();
  readonly #log: LogStream;

  /** @param log is told who is inside, and of those that fail */
  constructor(log: LogStream) {
    this.#log = log;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** @param timer ends with the invocation */
  add(invocation: Invocation, timer: NodeJS.Timeout | undefined): void {
    this.#flights.set(invocation.requestId, { invocation, timer });
    this.#log.enter(invocation.requestId);
  }

  /** Answers one with a stream, if it is still inside; it is over when the stream is. */
  begin(requestId: string, contentType: string, body: PassThrough): void {
    const flight = this.#flights.get(requestId);
    const leave = () => void body.destroy();
    if (!flight) {
      leave();
      return;
    }
    flight.stream = { contentType, body, leave };
    flight.invocation.begin(flight.stream);
  }

  /** Ends one whose stream is complete. */
  complete(requestId: string): void {
    const stream = this.#flights.get(requestId)?.stream;
    if (stream) this.end(requestId, { kind: "stream", ...stream });
  }

  /** Ends one, if it is still inside. What it streams breaks with an error, and else is complete. */
  end(requestId: string, result: InvocationResult): void {
    const flight = this.#flights.get(requestId);
    if (!flight) return;
    clearTimeout(flight.timer);
    this.#flights.delete(requestId);
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.#log.platform("runtimeDone", { requestId, status: "error", errorType, errorMessage });
      flight.stream?.body.destroy(new BrokenStream(result));
    } else {
      flight.stream?.body.end();
    }
    this.#log.leave(requestId);
    flight.invocation.end(result);
  }

  endAll(result: InvocationResult): void {
    for (const requestId of [...this.#flights.keys()]) this.end(requestId, result);
  }
}
