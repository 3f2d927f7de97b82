/** What the embedded Lambda runs and how: the counterpart of a function's configuration on AWS. */

import { randomBytes, randomInt } from "node:crypto";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";

export const MODELS = ["on-demand"] as const;
export type Model = (typeof MODELS)[number];

export interface FunctionConfiguration {
  model: Model;
  functionName: string;
  /** Its code; absent: this project's own handler. */
  code?: FunctionCode;
  /** Where it says that it runs. */
  region: string;
  /** `$LATEST`, or the number of a published version. */
  version: string;
  /** Absent: `/aws/lambda/NAME`. */
  logGroupName?: string;
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

/** Code in a folder, as an archive for AWS would hold it. */
export interface FunctionCode {
  /** The folder, which is used where it is and never changed. */
  root: string;
  /** File without its extension, and export, such as `index.handler`. */
  handler: string;
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
    region: LOCAL_REGION,
    version: LATEST,
    memoryMb: 128,
    timeoutMs: 65_000,
    idleTimeoutMs: 300_000,
    concurrencyLimit: 1_000,
    maxHoldMs: HOLD_LIMITS_MS.max,
    seed: randomInt(2 ** 31),
    environmentVariables: {},
  };
}

/** The log group that the function writes to. */
export function logGroupOf({ functionName, logGroupName }: FunctionConfiguration): string {
  return logGroupName ?? `/aws/lambda/${functionName}`;
}

/**
 * A new log stream's name, which is the name of its environment as well.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
 */
export function newLogStreamName({ version }: FunctionConfiguration): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[${version}]${randomBytes(16).toString("hex")}`;
}

/** The function's name in AWS's notation; a published version is part of it. */
export function arnOf({ functionName, region, version }: FunctionConfiguration): string {
  const qualifier = version === LATEST ? "" : `:${version}`;
  return `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${functionName}${qualifier}`;
}

/** The account id that AWS uses in examples. */
export const LOCAL_ACCOUNT = "123456789012";

/** Stands where AWS names a region, so that no local record is mistaken for one of AWS. */
const LOCAL_REGION = "local";

/** The version that is not published: the code as it is now. */
const LATEST = "$LATEST";
