/** The invocations inside an environment, and how they end. */

import type { Invocation, InvocationResult } from "../url/invocation.ts";
import type { LogStream } from "./log-stream.ts";

interface Flight {
  invocation: Invocation;
  timer: NodeJS.Timeout | undefined;
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

  /** Ends one, if it is still inside. */
  end(requestId: string, result: InvocationResult): void {
    const flight = this.#flights.get(requestId);
    if (!flight) return;
    clearTimeout(flight.timer);
    this.#flights.delete(requestId);
    if (result.kind === "error") {
      const { errorType, errorMessage } = result;
      this.#log.platform("runtimeDone", { requestId, status: "error", errorType, errorMessage });
    }
    this.#log.leave(requestId);
    flight.invocation.end(result);
  }

  endAll(result: InvocationResult): void {
    for (const requestId of [...this.#flights.keys()]) this.end(requestId, result);
  }
}
