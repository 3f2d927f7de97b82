/** What the embedded Lambda runs and how: the counterpart of a function's configuration on AWS. */

import { randomBytes, randomInt } from "node:crypto";
import type { Model } from "../basics/models.ts";
import { HOLD_LIMITS_MS } from "../handler/contract.ts";

/**
 * The callers of the function's URL: everyone, which on loopback means this machine, or those that
 * sign.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export const AUTHORIZATIONS = ["NONE", "AWS_IAM"] as const;
export type Authorization = (typeof AUTHORIZATIONS)[number];

/**
 * How the function's URL answers: with all of an answer at once, or with its bytes as they come.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html
 */
export const INVOKE_MODES = ["BUFFERED", "RESPONSE_STREAM"] as const;
type InvokeMode = (typeof INVOKE_MODES)[number];

export interface FunctionConfiguration {
  model: Model;
  functionName: string;
  /** Its code; absent: this project's own handler. */
  code?: FunctionCode;
  /** Where it says that it runs. */
  region: string;
  /** `$LATEST`, or the number of a published version. */
  version: string;
  /** Absent: `/aws/lambda/NAME`, and `/aws/lambda/web/NAME` of a Web Function. */
  logGroupName?: string;
  memoryMb: number;
  /** How long one invocation may take, in milliseconds. On Managed Instances its code runs on. */
  timeoutMs: number;
  /** How long initialization may take, in milliseconds. Absent: as long as AWS gives it. */
  initTimeoutMs?: number;
  /** How long an environment stays without a request before it is ended, in milliseconds. */
  idleTimeoutMs: number;
  /** Invocations at once before the service answers 429. */
  concurrencyLimit: number;
  /** Environments that are started beforehand, on Managed Instances. */
  environments: number;
  /** Worker threads in each of them. */
  workers: number;
  /** Requests that an environment is given at once, on Managed Instances and as a Web Function. */
  maxConcurrency: number;
  /** The longest hold that the handler accepts, in milliseconds. */
  maxHoldMs: number;
  /** Settles which idle environment takes a request, which AWS does not document. */
  seed: number;
  /** How its URL answers; a Web Function always sends what its server sends. */
  invokeMode: InvokeMode;
  /** Set in every environment, after the service's own variables. */
  environmentVariables: Record<string, string>;
}

/** Code in a folder, as an archive for AWS would hold it. */
export interface FunctionCode {
  /** The folder, which is used where it is and never changed. */
  root: string;
  /**
   * File without its extension, and export, such as `index.handler`; of a Web Function the file of its
   * server, such as `index.js`.
   */
  handler: string;
}

/** What the models ask of an environment, beside which of them is given which request. */
export interface ModelTraits {
  /** What AWS reports of its smallest function; Managed Instances and Web Functions begin at 2 GB. */
  leastMemoryMb: number;
  /**
   * The variable AWS_LAMBDA_INITIALIZATION_TYPE.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
   */
  initializationType: string;
  /** A process that ends during an invocation is started again in the same environment. */
  restarts: boolean;
  /** The code of an invocation that takes longer than the function's timeout is ended. */
  enforcesTimeout: boolean;
}

/**
 * On Managed Instances the caller is answered at the timeout, but the code runs on: its context says
 * that its time is over. https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
 * That its place is free for another request from then on is an assumption. That a process which ends
 * takes its environment with it is documented for neither of the two younger models, and assumed.
 */
export const TRAITS: Record<Model, ModelTraits> = {
  "on-demand": {
    leastMemoryMb: 128,
    initializationType: "on-demand",
    restarts: true,
    enforcesTimeout: true,
  },
  "managed-instances": {
    leastMemoryMb: 2_048,
    initializationType: "lambda-managed-instances",
    restarts: false,
    enforcesTimeout: false,
  },
  "web-function": {
    leastMemoryMb: 2_048,
    initializationType: "native-http",
    restarts: false,
    enforcesTimeout: true,
  },
};

/**
 * The defaults of a model. Limits and names follow AWS; how long idle environments live is not
 * documented and was measured as some minutes, so five are assumed. On Managed Instances AWS gives an
 * environment 64 requests at once per vCPU, of which there is one here. It would start three
 * environments, unless told otherwise, with eight worker threads per vCPU; one of one is the default
 * here, since a handful of requests would hardly ever meet elsewhere, which is what the experiment is
 * about.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
export function defaultConfiguration(model: Model = "on-demand"): FunctionConfiguration {
  return {
    model,
    functionName: "lambda-concurrency-test",
    region: LOCAL_REGION,
    version: LATEST,
    memoryMb: TRAITS[model].leastMemoryMb,
    timeoutMs: 65_000,
    idleTimeoutMs: 300_000,
    concurrencyLimit: 1_000,
    environments: 1,
    workers: 1,
    maxConcurrency: 64,
    maxHoldMs: HOLD_LIMITS_MS.max,
    seed: randomInt(2 ** 31),
    invokeMode: "BUFFERED",
    environmentVariables: {},
  };
}

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

/**
 * How many requests are taken at once; what comes beyond is throttled. An on-demand function may have
 * so many environments, Managed Instances have so many with so much room each, and a Web Function
 * serves some and lets others wait.
 *
 * AWS lets a Web Function's requests wait for an environment and throttles what it has no room for,
 * without saying how many may wait: as many as are served at once, it is assumed.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
export function capacityOf(configuration: FunctionConfiguration): number {
  switch (configuration.model) {
    case "on-demand":
      return configuration.concurrencyLimit;
    case "managed-instances":
      return configuration.environments * configuration.maxConcurrency;
    case "web-function":
      return 2 * configuration.maxConcurrency;
  }
}

/** The log group that the function writes to; those of Web Functions stand apart. */
export function logGroupOf({ model, functionName, logGroupName }: FunctionConfiguration): string {
  const folder = model === "web-function" ? "/aws/lambda/web" : "/aws/lambda";
  return logGroupName ?? `${folder}/${functionName}`;
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
