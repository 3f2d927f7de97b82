/**
 * One evaluation of the handler module: its identity, and how many invocations are inside it.
 * On-demand environments evaluate the module once, managed ones once per worker thread.
 */
import { threadId } from "node:worker_threads";
import type { EnvironmentReport } from "./contract.ts";

const environmentId = process.env.AWS_LAMBDA_LOG_STREAM_NAME || randomId();
const instance = randomId();
const initializedAt = Date.now();
const initializationType = process.env.AWS_LAMBDA_INITIALIZATION_TYPE;
const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);

/**
 * Environments that are initialized before there is a request for them: none waits for a start.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const BEFOREHAND = ["provisioned-concurrency", "lambda-managed-instances"];

/**
 * Describes where the code runs. Fields that the platform does not tell are left out.
 *
 * @param isFirst no invocation was accepted by this instance before
 */
export function describeEnvironment(isFirst: boolean): EnvironmentReport {
  return {
    id: environmentId,
    instance,
    pid: process.pid,
    threadId,
    initializedAt,
    initializationType,
    coldStart: isFirst && !BEFOREHAND.includes(initializationType ?? ""),
    runtime: process.env.AWS_EXECUTION_ENV,
    nodeVersion: process.version,
    memoryMb: memoryMb > 0 ? memoryMb : undefined,
    region: process.env.AWS_REGION,
    architecture: process.arch,
  };
}

interface Presence {
  readonly onEntry: number;
  peak: number;
}
const present = new Set<Presence>();

/** Counts an invocation in, and raises the peak of everyone who is inside with it. */
export function enter(): Presence {
  const onEntry = present.size + 1;
  const presence = { onEntry, peak: onEntry };
  for (const other of present) other.peak = Math.max(other.peak, onEntry);
  present.add(presence);
  return presence;
}

export function leave(presence: Presence): void {
  present.delete(presence);
}

/** Milliseconds of the process's monotonic clock, which all its threads share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * 104 random bits in hexadecimal. Not of node:crypto: to load it takes longer than everything else
 * here together, 3.6 of 5.2 ms of a cold start, and 1.3 MB. Nobody gains from guessing this, so V8's
 * generator, which the system seeds in every process and thread, will do.
 */
function randomId(): string {
  const part = () =>
    Math.floor(Math.random() * 2 ** 52)
      .toString(16)
      .padStart(13, "0");
  return part() + part();
}
