/** The initialization of an environment: how long it may take, how it went, and what the log says. */

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

/**
 * Waits for the first of three: a process is initialized, it has ended, or its time is over.
 *
 * @throws what `ended` rejects with
 */
export async function initialization(
  initialized: Promise<void>,
  ended: Promise<void>,
  limitMs: number,
): Promise<"initialized" | "ended" | "timeout"> {
  const { promise: late, resolve } = Promise.withResolvers<"timeout">();
  const timer = setTimeout(() => resolve("timeout"), limitMs);
  try {
    return await Promise.race([
      ended.then(() => "ended" as const),
      initialized.then(() => "initialized" as const),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** AWS numbers its builds of a runtime; here the Node.js that runs is what tells one from another. */
const [MAJOR, MINOR] = process.versions.node.split(".");
const RUNTIME_VERSION = `nodejs:${MAJOR}.v${MINOR}`;

/**
 * The record of `platform.initStart`. A runtime that ended during an invocation is initialized
 * again in the same environment, which AWS calls the phase `invoke`; that it was `restarted` is
 * said by this program only.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initStart
 */
export function initStart(
  { model, functionName, version }: FunctionConfiguration,
  restarted: boolean,
): Record<string, unknown> {
  return {
    initializationType: TRAITS[model].initializationType,
    phase: phaseOf(restarted),
    runtimeVersion: RUNTIME_VERSION,
    functionName,
    functionVersion: version,
    ...(restarted && { restarted }),
  };
}

/**
 * The record of `platform.initReport`, which is written when initialization has failed.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-initReport
 *
 * @param failure how, or that it took too long
 */
export function initReport(
  { model }: FunctionConfiguration,
  restarted: boolean,
  failure: FunctionFailure | "timeout",
): Record<string, unknown> {
  const { initializationType } = TRAITS[model];
  const report = { initializationType, phase: phaseOf(restarted) };
  if (failure === "timeout") return { ...report, status: failure };
  return { ...report, status: "error", errorType: failure.errorType };
}

function phaseOf(restarted: boolean): "init" | "invoke" {
  return restarted ? "invoke" : "init";
}

import { type FunctionConfiguration, TRAITS } from "../function-configuration.ts";
import type { FunctionFailure } from "../invocation.ts";
