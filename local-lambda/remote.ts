/**
 * How the process that starts an embedded Lambda steers it: what the two tell each other.
 *
 * The configuration is the one argument, as JSON; the URL takes any free port. Calls and answers go
 * over Node's own channel between the two, so nobody else on the machine can send any. When the
 * channel closes, the embedded Lambda ends. Its standard input is a pipe that nothing is written to:
 * when that closes and the embedded Lambda hangs, it is killed.
 */

import assert from "node:assert/strict";
import { defaultConfiguration, type FunctionConfiguration } from "./function-configuration.ts";

/** Sent once, when the URL is ready. */
export interface ReadyMessage {
  type: "ready";
  url: string;
  /** Of the handler that the environments run, in hexadecimal. */
  codeSha256: string;
}

/** Sent instead when it cannot start, and later when it ends for a reason of its own. */
export interface FailedMessage {
  type: "failed";
  message: string;
}

/** What the embedded Lambda may be asked for. */
export type RemoteRequest = { type: "recycle" } | { type: "logs"; environment: string };

/** A request with its number, by which its one answer is known. */
export type RemoteCall = RemoteRequest & { call: number };

export interface RemoteAnswer {
  type: "answer";
  call: number;
  lines: readonly string[];
}

export type LambdaMessage = ReadyMessage | FailedMessage | RemoteAnswer;

/** The only argument of an embedded Lambda that is steered. */
export function writeRemoteArgument(configuration: FunctionConfiguration): string {
  return JSON.stringify(configuration);
}

/**
 * Reads that argument back.
 *
 * @returns `undefined` for arguments that a person has typed
 */
export function readRemoteArgument([text, ...others]: readonly string[]):
  | FunctionConfiguration
  | undefined {
  if (!text?.startsWith("{")) return undefined;
  const configuration = JSON.parse(text);
  assert.deepEqual(others, [], "the configuration is the only argument");
  for (const [name, value] of Object.entries(defaultConfiguration())) {
    assert.equal(typeof configuration[name], typeof value, `the configuration's ${name}`);
  }
  return configuration;
}
