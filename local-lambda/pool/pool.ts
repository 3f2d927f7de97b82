/** What all concurrency models have in common: environments, and requests that find one or do not. */

import { availableParallelism } from "node:os";
import { type Random, seededRandom } from "../../basics/seeded-random.ts";
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

/** What a pool is made from: the plan of its environments, and what happens around them. */
export interface PoolPlan extends EnvironmentPlan {
  /** Resolves when the code is there to be loaded. */
  codeIsCalm?: (() => Promise<void>) | undefined;
}

/**
 * Processes that initialize at a time. More would only take turns on the same cores, and all of them
 * would be ready late; so the first ones serve while the last ones start.
 */
const MAX_BOOTING = 2 * availableParallelism();

export abstract class Pool<E extends Environment = Environment> {
  protected readonly plan: PoolPlan;
  protected isClosed = false;
  readonly #random: Random;
  readonly #environments = new Set<E>();
  readonly #streams = new LogStreams();
  /** Lets the next one start, for each that waits. */
  readonly #queue: (() => void)[] = [];
  #booting = 0;

  constructor(plan: PoolPlan) {
    this.plan = plan;
    this.#random = seededRandom(plan.configuration.seed);
  }

  /** Runs one request to its end; never rejects. */
  abstract invoke(request: UrlRequest): Promise<InvocationResult>;
  /** Lets new environments serve all later requests; what is being served is finished first. */
  abstract recycle(): Promise<void>;
  /** Gives up all that waits for an environment. */
  protected abstract throttleWaiting(): void;

  /**
   * Starts what must run before the first request: nothing, where environments are started for
   * requests.
   *
   * @throws StartError when that fails
   */
  async start(): Promise<void> {}

  /** Ends every environment, and starts none of those that wait for their turn. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.throttleWaiting();
    await Promise.all(this.environments.map((environment) => this.end(environment)));
  }

  /** Those that exist now, in order of their start. */
  get environments(): E[] {
    return [...this.#environments];
  }

  get ids(): string[] {
    return this.environments.map(({ id }) => id);
  }

  /** The lines that an environment logged, oldest first; empty for one that is unknown. */
  logOf(id: string): readonly string[] {
    return this.#streams.get(id)?.lines ?? [];
  }

  /** One of these by lot, which AWS does not document; `undefined` when there is none. */
  protected draw(environments: readonly E[]): E | undefined {
    return environments[Math.floor(this.#random() * environments.length)];
  }

  /**
   * Takes a new environment in and starts it, when as many initialize as the machine can carry.
   * Resolves when it has started, or has ended before its turn came.
   */
  protected async add(environment: E): Promise<void> {
    const { id, log } = environment;
    this.#environments.add(environment);
    this.#streams.add(id, log);
    if (this.#booting < MAX_BOOTING) this.#booting += 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    if (this.#environments.has(environment)) await this.plan.codeIsCalm?.();
    // What is edited ends all environments; one that was to be started may be among them.
    if (this.#environments.has(environment)) await environment.start();
    const startNext = this.#queue.shift();
    if (startNext) startNext();
    else this.#booting -= 1;
  }

  /** Ends an environment that is idle, if nobody comes for as long as the function says. */
  protected expireLater(environment: E): void {
    environment.expire(() => void this.end(environment));
  }

  /** Forgets an environment and ends it; its log is kept. */
  protected async end(environment: E): Promise<void> {
    this.#environments.delete(environment);
    await environment.stop();
    this.#streams.forgetOld(new Set(this.ids));
  }
}

/**
 * An invocation of a runtime for a request, and the promise of how it is answered.
 *
 * @returns `undefined` when its event is too large
 */
export function createInvocation(
  request: UrlRequest,
): { invocation: Invocation; answered: Promise<InvocationResult> } | undefined {
  const { requestId } = request;
  const event = JSON.stringify(functionUrlEvent(request));
  // A body as base64 is a third larger than it came, and a text is escaped.
  if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) return undefined;
  const { promise: answered, resolve } = Promise.withResolvers<InvocationResult>();
  const begin = (stream: ResponseStream) => resolve({ kind: "stream", ...stream });
  return { invocation: { requestId, event, begin, end: resolve }, answered };
}
