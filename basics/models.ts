/** The concurrency models of Lambda, in the order in which they are told. */

import { createHash } from "node:crypto";

/** How requests meet processes: a function, one on Managed Instances, or a Web Function. */
export const MODELS = ["on-demand", "managed-instances", "web-function"] as const;
export type Model = (typeof MODELS)[number];

/** The most worker threads that an environment on Managed Instances may have. */
export const MOST_WORKERS = 256;

/**
 * The most requests that an environment may be given at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
export const MOST_AT_ONCE = { "managed-instances": 1_600, "web-function": 128 } as const;

/**
 * Identifies what was deployed, here or on AWS, where more than the code settles which requests share a
 * process. What was found about one model or size is no evidence about another, so only records of the
 * same ones may add up.
 *
 * @param code that identifies the code, such as its hash
 * @param sizes of the model, as many as settle sharing
 * @returns SHA-256 in hexadecimal
 */
export function deploymentHash(code: string, model: Model, sizes: readonly number[]): string {
  return createHash("sha256")
    .update([code, model, ...sizes].join(" "))
    .digest("hex");
}
