/** What all concurrency models have in common: environments, and requests that find one or do not. */

import { availableParallelism } from "node:os";
import type { Environment } from "../environment/environment.ts";
import type { EnvironmentPlan } from "../environment/environment-process.ts";
import { LogStreams } from "../environment/log-stream.ts";
import { functionUrlEvent } from "../function-url/function-url-event.ts";
import {
  type Invocation,
  type InvocationResult,
  MAX_PAYLOAD_BYTES,
  type ResponseStream,
  type UrlRequest,
} from "../invocation.ts";

export interface Pool {
  /** The environments that exist now, and the logs of all. */
  readonly registry: Pick<EnvironmentRegistry, "all" | "ids" | "logOf">;
  /**
   * Starts what must run before the first request.
   *
   * @throws StartError when that fails
   */
  start(): Promise<void>;
  /** Runs one request to its end; never rejects. */
  invoke(request: UrlRequest): Promise<InvocationResult>;
  /** Lets new environments serve all later requests; what is being served is finished first. */
  recycle(): Promise<void>;
  /** Ends every environment; a request that waits for one is throttled. */
  close(): Promise<void>;
}

/** What a pool is made from: the plan of its environments, and what happens around them. */
export interface PoolPlan extends EnvironmentPlan {
  /** Resolves when the code is there to be loaded. */
  codeIsCalm?: (() => Promise<void>) | undefined;
}

/**
 * An invocation of a runtime for a request, the promise of how it is answered, and that of its end.
 *
 * @returns `undefined` when its event is too large
 */
export function createInvocation(
  request: UrlRequest,
):
  | { invocation: Invocation; answered: Promise<InvocationResult>; over: Promise<void> }
  | undefined {
  const answered = Promise.withResolvers<InvocationResult>();
  const over = Promise.withResolvers<void>();
  const { requestId } = request;
  const event = JSON.stringify(functionUrlEvent(request));
  // A body as base64 is a third larger than it came, and a text is escaped.
  if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) return undefined;
  const begin = (stream: ResponseStream) => answered.resolve({ kind: "stream", ...stream });
  const end = (result: InvocationResult) => {
    over.resolve();
    answered.resolve(result);
  };
  const invocation = { requestId, event, begin, end };
  return { invocation, answered: answered.promise, over: over.promise };
}

/**
 * Processes that initialize at a time. More would only take turns on the same cores, and all of them
 * would be ready late; so the first ones serve while the last ones start.
 */
const MAX_BOOTING = 2 * availableParallelism();

export class EnvironmentRegistry<E extends Environment = Environment> {
  readonly #plan: PoolPlan;
  readonly #environments = new Set<E>();
  readonly #streams = new LogStreams();
  /** Lets the next one start, for each that waits. */
  readonly #queue: (() => void)[] = [];
  #booting = 0;

  constructor(plan: PoolPlan) {
    this.#plan = plan;
  }

  /** Those that exist now, in order of their start. */
  get all(): E[] {
    return [...this.#environments];
  }

  get ids(): string[] {
    return this.all.map(({ id }) => id);
  }

  /** The lines that an environment logged, oldest first; empty for one that is unknown. */
  logOf(id: string): readonly string[] {
    return this.#streams.get(id)?.lines ?? [];
  }

  /**
   * Takes a new environment in and starts it, when as many initialize as the machine can carry.
   * Resolves when it has started, or has ended before its turn came.
   */
  async add(environment: E): Promise<void> {
    const { id, log } = environment;
    this.#environments.add(environment);
    this.#streams.add(id, log);
    if (this.#booting < MAX_BOOTING) this.#booting += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    if (this.#environments.has(environment)) await this.#plan.codeIsCalm?.();
    // What is edited ends all environments; one that was to be started may be among them.
    if (this.#environments.has(environment)) await environment.start();
    const startNext = this.#queue.shift();
    if (startNext) startNext();
    else this.#booting -= 1;
  }

  /** Forgets an environment and ends it; its log is kept. */
  async end(environment: E): Promise<void> {
    this.#environments.delete(environment);
    await environment.stop();
    this.#streams.forgetOld(new Set(this.ids));
  }

  /** Ends all of them, and starts none of those that wait for their turn. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((environment) => this.end(environment)));
  }
}
