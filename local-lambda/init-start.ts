/** The platform event with which the log of an environment begins. */

import type { FunctionConfiguration } from "./function-configuration.ts";
import { TRAITS } from "./model-traits.ts";

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
    phase: restarted ? "invoke" : "init",
    runtimeVersion: RUNTIME_VERSION,
    functionName,
    functionVersion: version,
    ...(restarted && { restarted }),
  };
}
