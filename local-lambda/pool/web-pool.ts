/**
 * The model of Lambda Web Functions: an HTTP server that is started with the first request, serves
 * many at once, and is ended when nobody has come for a while. On AWS there may be more servers; here
 * there is one, so that what requests share shows with few of them.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */

import type { ProcessGroups } from "../environment/process-groups.ts";
import type { Task } from "../environment/task.ts";
import { WebEnvironment } from "../environment/web-environment.ts";
import { TIMED_OUT } from "../environment/web-request.ts";
import type { FunctionConfiguration } from "../function-configuration.ts";
import type { InvocationResult, UrlRequest } from "../invocation.ts";
import { capacityOf } from "./capacity.ts";
import { EnvironmentRegistry, type Surroundings } from "./environment-registry.ts";
import type { LogStreamContent } from "./log-streams.ts";
import type { Pool } from "./pool.ts";

interface Waiting {
  request: UrlRequest;
  end: (result: InvocationResult) => void;
}

export class WebPool implements Pool {
  readonly #function: FunctionConfiguration;
  readonly #task: Task;
  readonly #groups: ProcessGroups;
  readonly #registry: EnvironmentRegistry<WebEnvironment>;
  /** The environment that takes requests; others are finishing what they were given. */
  #current: WebEnvironment | undefined;
  readonly #waiting: Waiting[] = [];
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    configuration: FunctionConfiguration,
    task: Task,
    groups: ProcessGroups,
    surroundings: Surroundings,
  ) {
    this.#function = configuration;
    this.#registry = new EnvironmentRegistry(surroundings);
    this.#task = task;
    this.#groups = groups;
  }

  get environments(): string[] {
    return this.#registry.ids;
  }

  get polling(): number {
    return this.#free > 0 ? 1 : 0;
  }

  logOf(id: string): readonly string[] {
    return this.#registry.logOf(id);
  }

  streams(): LogStreamContent[] {
    return this.#registry.streams();
  }

  /** Nothing: it scales from zero. */
  async start(): Promise<void> {}

  /** Who finds no room waits for as long as it takes, of which AWS says as little. */
  async invoke(request: UrlRequest): Promise<InvocationResult> {
    const taken = (this.#current?.inside ?? 0) + this.#waiting.length;
    if (this.#closed || taken >= capacityOf(this.#function)) return { kind: "throttled" };
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.#waiting.push({ request, end: resolve });
    this.#handOut();
    return promise;
  }

  async recycle(): Promise<void> {
    const old = this.#current;
    this.#current = undefined;
    clearTimeout(this.#idleTimer);
    if (old?.isIdle) await this.#registry.end(old);
    this.#handOut();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#failWaiting({ kind: "throttled" });
    await this.#registry.close();
  }

  /** How many requests the server could take now. */
  get #free(): number {
    if (!this.#current?.isReady) return 0;
    return Math.max(0, this.#function.maxConcurrency - this.#current.inside);
  }

  #handOut(): void {
    if (this.#closed) return;
    if (this.#waiting.length > 0) this.#current ??= this.#startEnvironment();
    for (const { request, end } of this.#waiting.splice(0, this.#free)) {
      clearTimeout(this.#idleTimer);
      if (this.#current) void this.#serve(this.#current, request, end);
    }
  }

  async #serve(environment: WebEnvironment, request: UrlRequest, end: Waiting["end"]) {
    const result = await environment.serve(request);
    // Before the answer, after which the next request may come.
    if (result.kind === "error" && result.errorType === TIMED_OUT) this.#retire(environment);
    end(result);
    if (environment !== this.#current) {
      if (environment.isIdle) await this.#registry.end(environment);
      return;
    }
    this.#handOut();
    if (environment.isIdle) this.#expireLater(environment);
  }

  /**
   * A server that was too slow may be in an endless loop, so nobody else is sent there; it ends when
   * the rest is answered. AWS does not document what becomes of it.
   */
  #retire(environment: WebEnvironment): void {
    if (environment !== this.#current) return;
    this.#current = undefined;
    clearTimeout(this.#idleTimer);
    this.#handOut();
  }

  #startEnvironment(): WebEnvironment {
    const environment = new WebEnvironment(this.#function, this.#task, this.#groups, {
      onReady: (it) => {
        this.#registry.booted(it);
        if (it === this.#current) this.#handOut();
      },
      onGone: (it) => this.#onGone(it),
    });
    this.#registry.add(environment);
    return environment;
  }

  #expireLater(environment: WebEnvironment): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (environment !== this.#current || !environment.isIdle) return;
      this.#current = undefined;
      void this.#registry.end(environment);
    }, this.#function.idleTimeoutMs);
  }

  /**
   * A server that ended by itself: what was inside has failed, and what waits is served by a new one.
   * One that never listened fails all who waited for it, or the next would be started for ever.
   */
  #onGone(environment: WebEnvironment): void {
    void this.#registry.end(environment);
    if (environment !== this.#current) return;
    this.#current = undefined;
    clearTimeout(this.#idleTimer);
    if (!environment.hasListened) this.#failWaiting(environment.initError);
    this.#handOut();
  }

  #failWaiting(result: InvocationResult): void {
    for (const { end } of this.#waiting.splice(0)) end(result);
  }
}
