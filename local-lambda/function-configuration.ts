/** What the embedded Lambda runs and how: the counterpart of a function's configuration on AWS. */

import { randomInt } from "node:crypto";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";

export const MODELS = ["on-demand"] as const;
export type Model = (typeof MODELS)[number];

export interface FunctionConfiguration {
  model: Model;
  functionName: string;
  memoryMb: number;
  /** How long one invocation may take, in milliseconds. */
  timeoutMs: number;
  /** How long an environment stays without a request before it is ended, in milliseconds. */
  idleTimeoutMs: number;
  /** Invocations at once before the service answers 429. */
  concurrencyLimit: number;
  /** The longest hold that the handler accepts, in milliseconds. */
  maxHoldMs: number;
  /** Settles which idle environment takes a request, which AWS does not document. */
  seed: number;
  /** Set in every environment, after the service's own variables. */
  environmentVariables: Record<string, string>;
}

/**
 * The defaults. Limit and name follow AWS; how long idle environments live is not documented and
 * was measured as some minutes, so five are assumed.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export function defaultConfiguration(): FunctionConfiguration {
  return {
    model: "on-demand",
    functionName: "lambda-concurrency-test",
    memoryMb: 128,
    timeoutMs: 65_000,
    idleTimeoutMs: 300_000,
    concurrencyLimit: 1_000,
    maxHoldMs: HOLD_LIMITS_MS.max,
    seed: randomInt(2 ** 31),
    environmentVariables: {},
  };
}

/** The log group that a function of this name writes to. */
export function logGroupOf({ functionName }: FunctionConfiguration): string {
  return `/aws/lambda/${functionName}`;
}

/** The function's name in AWS's notation, with the account id that AWS uses in examples. */
export function arnOf({ functionName }: FunctionConfiguration): string {
  return `arn:aws:lambda:${LOCAL_REGION}:123456789012:function:${functionName}`;
}

/** Stands where AWS names a region, so that no local record is mistaken for one of AWS. */
export const LOCAL_REGION = "local";
