/** How many requests an embedded Lambda takes at once; what comes beyond is throttled. */

import type { FunctionConfiguration } from "../function-configuration.ts";

type Limits = Pick<
  FunctionConfiguration,
  "model" | "concurrencyLimit" | "environments" | "maxConcurrency"
>;

/**
 * An on-demand function may have so many environments, Managed Instances have so many with so much
 * room each, and a Web Function serves some and lets others wait.
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
