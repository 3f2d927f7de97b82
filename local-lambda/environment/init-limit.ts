/** How long initialization may take. */

import type { FunctionConfiguration } from "../function-configuration.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib */
const INIT_MS = 10_000;
/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html */
const MANAGED_INIT_MS = 130_000;

/**
 * The limit in milliseconds: of an on-demand function's first try, of a Web Function, whose server
 * must listen by then (https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html),
 * or of Managed Instances, where a function with a longer timeout may take as long as that.
 */
export function initLimitMs({ model, timeoutMs, initTimeoutMs }: FunctionConfiguration): number {
  if (initTimeoutMs !== undefined) return initTimeoutMs;
  return model === "managed-instances" ? Math.max(MANAGED_INIT_MS, timeoutMs) : INIT_MS;
}

/** That something did not happen in time, as a sentence without its full stop. */
export function notWithin(ms: number, missed: string): string {
  const seconds = ms / 1_000;
  return `${missed} within ${seconds} ${seconds === 1 ? "second" : "seconds"}`;
}
