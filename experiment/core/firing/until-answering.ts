/**
 * Waits until a function answers, before anything is fired at it. One that was deployed a moment ago
 * may not: the first requests of Managed Instances fail while an instance starts, and would be taken
 * for a finding.
 */

import assert from "node:assert/strict";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import type { SignRequest } from "../target.ts";
import { closeConnections, openConnections } from "./connections.ts";
import { type GivingUp, prepareRequest, type RequestEnding, send } from "./exchange.ts";

/** Between one try and the next, in milliseconds: the double of the last, up to this. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** How long one try may take, in milliseconds. */
const TRY_MS = 30_000;
/** The handler refuses it before it touches its globals: nothing that is measured changes. */
const BAD_REQUEST = "{}";

interface Asking {
  url: URL;
  sign: SignRequest | undefined;
  /** From the first try on, in milliseconds, until the waiting is given up. */
  limitMs: number;
  signal: AbortSignal;
}

/** Whether it answered, after how many milliseconds, and what was wrong at last if it did not. */
export type Waited = { ms: number } & ({ answers: true } | { answers: false; why: string });

/**
 * Asks with growing pauses, as long as it is throttled, fails on the service's side or is not
 * answered. Every other answer ends the waiting: a 403, for one, is not the function starting, and
 * the run itself will say what it is.
 *
 * @returns 0 ms where the first try was answered
 * @throws ExperimentError when no connection can be opened or nothing can be signed, and the signal's
 *   reason
 */
export async function untilAnswering({ url, sign, limitMs, signal }: Asking): Promise<Waited> {
  const begin = performance.now();
  const elapsed = () => performance.now() - begin;
  for (let tries = 0; ; tries++) {
    const { status, message = "" } = await tryOnce(url, sign, signal);
    signal.throwIfAborted();
    if (!isStarting(status)) return { answers: true, ms: tries === 0 ? 0 : elapsed() };
    const leftMs = limitMs - elapsed();
    if (leftMs <= 0) return { answers: false, ms: elapsed(), why: message };
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS, leftMs);
    await wait(pauseMs, undefined, { signal });
  }
}

function isStarting(status: number | undefined): boolean {
  return status === undefined || status === 429 || status >= 500;
}

async function tryOnce(
  url: URL,
  sign: SignRequest | undefined,
  signal: AbortSignal,
): Promise<RequestEnding> {
  const request = { index: 0, ...(await prepareRequest(BAD_REQUEST, sign)) };
  const connections = await openConnections(url, 1, signal);
  const giveUp = new AbortController();
  const stop = () => giveUp.abort("aborted" satisfies GivingUp);
  signal.addEventListener("abort", stop);
  const late = setTimeout(() => giveUp.abort("timed out" satisfies GivingUp), TRY_MS);
  try {
    const [connection] = connections;
    assert(connection, "one connection was asked for");
    const sending = send(url, request, connection, giveUp.signal, () => performance.now());
    while (!connection.isLoaded && !connection.isLost && !giveUp.signal.aborted) await nextTurn();
    if (connection.isLoaded) connection.release();
    const ending = await sending;
    return ending.outcome === "timed out"
      ? { ...ending, message: `no answer within ${TRY_MS / 1_000} s` }
      : ending;
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
    await closeConnections(connections);
  }
}
