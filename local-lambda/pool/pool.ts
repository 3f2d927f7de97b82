/** What all concurrency models have in common: environments, and requests that find one or do not. */

import type { FunctionConfiguration } from "../function-configuration.ts";
import type { UrlRequest } from "../url/function-url-event.ts";
import type { InvocationResult } from "../url/invocation.ts";
import type { EnvironmentRegistry } from "./environment-registry.ts";

export interface Pool {
  /** The environments that exist now, and the logs of all. */
  readonly registry: Pick<EnvironmentRegistry, "all" | "ids" | "logOf" | "streams">;
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

type Limits = Pick<
  FunctionConfiguration,
  "model" | "concurrencyLimit" | "environments" | "maxConcurrency"
>;

/**
 * How many requests are taken at once; what comes beyond is throttled. An on-demand function may have
 * so many environments, Managed Instances have so many with so much room each, and a Web Function
 * serves some and lets others wait.
 *
 * AWS lets a Web Function's requests wait for an environment and throttles what it has no room for,
 * without saying how many may wait: as many as are served at once, it is assumed.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
export function capacityOf(limits: Limits): number {
  switch (limits.model) {
    case "on-demand":
      return limits.concurrencyLimit;
    case "managed-instances":
      return limits.environments * limits.maxConcurrency;
    case "web-function":
      return 2 * limits.maxConcurrency;
  }
}

/** Gives numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/**
 * Repeatable randomness: one seed, one sequence. The generator mulberry32 is small, fast, and good
 * enough to choose among environments.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
