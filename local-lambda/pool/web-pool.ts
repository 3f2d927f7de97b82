/**
 * The model of Lambda Web Functions: an HTTP server that is started with the first request, serves
 * many at once, and is ended when nobody has come for a while. On AWS there may be more servers; here
 * there is one, so that what requests share shows with few of them.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */

import { WebEnvironment } from "../environment/web-environment.ts";
import { capacityOf } from "../function-configuration.ts";
import { type InvocationResult, REQUEST_TIMEOUT, type UrlRequest } from "../invocation.ts";
import { Pool } from "./pool.ts";

interface Waiting {
  request: UrlRequest;
  end: (result: InvocationResult) => void;
}

export class WebPool extends Pool<WebEnvironment> {
  readonly #waiting: Waiting[] = [];

  /** A request that finds no room waits for as long as it takes, of which AWS says as little. */
  async invoke(request: UrlRequest): Promise<InvocationResult> {
    const inside = this.#current?.inside ?? 0;
    const capacity = capacityOf(this.plan.configuration);
    if (this.isClosed || inside + this.#waiting.length >= capacity) return { kind: "throttled" };
    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.#waiting.push({ request, end: resolve });
    this.#handOut();
    return promise;
  }

  async recycle(): Promise<void> {
    if (this.#current) await this.#retire(this.#current);
    this.#handOut();
  }

  protected override throttleWaiting(): void {
    this.#failWaiting({ kind: "throttled" });
  }

  /** The environment that takes requests; others are finishing what they were given. */
  get #current(): WebEnvironment | undefined {
    return this.environments.find(({ isRetired }) => !isRetired);
  }

  #handOut(): void {
    if (this.isClosed || this.#waiting.length === 0) return;
    const current = this.#current ?? this.#startEnvironment();
    for (const next of this.#waiting.splice(0, current.room)) void this.#serve(current, next);
  }

  async #serve(environment: WebEnvironment, { request, end }: Waiting): Promise<void> {
    const result = await environment.serve(request);
    // A server that was too slow may be in an endless loop, so nobody else is sent there; it ends when
    // the rest is answered. AWS does not document what becomes of it. Before the answer, after which
    // the next request may come.
    if (result.kind === "error" && result.errorType === REQUEST_TIMEOUT)
      environment.isRetired = true;
    end(result);
    this.#handOut();
    if (environment.isRetired) await this.#retire(environment);
    else if (environment.isIdle) this.expireLater(environment);
  }

  /** Gives an environment no more requests, and ends it when the last one inside is answered. */
  async #retire(environment: WebEnvironment): Promise<void> {
    environment.isRetired = true;
    if (environment.isIdle) await this.end(environment);
  }

  #startEnvironment(): WebEnvironment {
    const environment = new WebEnvironment(this.plan);
    void environment.gone.then(() => this.#onGone(environment));
    void this.add(environment).then(() => this.#handOut());
    return environment;
  }

  /**
   * A server that ended by itself: what was inside has failed, and what waits is served by a new one.
   * One that never listened fails all that waited for it, or the next would be started for ever.
   */
  #onGone(environment: WebEnvironment): void {
    const wasCurrent = environment === this.#current;
    environment.isRetired = true;
    void this.end(environment);
    if (wasCurrent && !environment.hasListened) this.#failWaiting(environment.initError);
    this.#handOut();
  }

  #failWaiting(result: InvocationResult): void {
    for (const { end } of this.#waiting.splice(0)) end(result);
  }
}
