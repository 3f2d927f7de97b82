/** The platform events about initialization, in the log of an environment. */

import { type FunctionConfiguration, TRAITS } from "../function-configuration.ts";
import type { InvocationResult } from "../invocation.ts";

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
  failure: InvocationResult | "timeout",
): Record<string, unknown> {
  const { initializationType } = TRAITS[model];
  const report = { initializationType, phase: phaseOf(restarted) };
  if (failure === "timeout") return { ...report, status: failure };
  const errorType = failure.kind === "error" ? failure.errorType : undefined;
  return { ...report, status: "error", errorType };
}

function phaseOf(restarted: boolean): "init" | "invoke" {
  return restarted ? "invoke" : "init";
}
