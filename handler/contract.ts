/**
 * What a client may ask of the deployed function and what it answers. Types, limits and the parser
 * of requests; nothing here depends on a package, since it is deployed.
 */

/** Longest client name, in code points. */
export const MAX_CLIENT_LENGTH = 100;
/**
 * What a plan may hold its requests for, in milliseconds, inclusive. A deployment may set its own
 * limit within.
 */
export const HOLD_LIMITS_MS = { min: 100, max: 60_000 } as const;
/** Most steps a hold can be divided into. */
export const MAX_STEPS = 100;
/** Latest names that `globalData.clients` keeps; `globalData.dropped` counts the older ones. */
export const MAX_REMEMBERED_CLIENTS = 1_000;
export const DEFAULT_HOLD_MS = 5_000;
export const DEFAULT_STEPS = 5;

/** A valid request. `holdMs` is in milliseconds and is awaited in `steps` equal parts. */
interface HoldRequest {
  client: string;
  holdMs: number;
  steps: number;
}

/** The module-level object that every invocation mutates. */
export interface GlobalData {
  counter: number;
  client: string;
  /** The latest clients served by this instance, oldest first. */
  clients: string[];
  /** How many older names are no longer in `clients`; absent while none was dropped. */
  dropped?: number | undefined;
}

/** Where an invocation ran, as far as the function can tell. Absent fields are unknown there. */
export interface EnvironmentReport {
  /** The log stream's name, opaque; a random one where there is no log stream. */
  id: string;
  /** Random, made when the handler module was evaluated: names one set of globals. */
  instance: string;
  pid: number;
  threadId: number;
  /** When the handler module was evaluated, epoch ms. */
  initializedAt: number;
  initializationType?: string | undefined;
  /**
   * Whether this was the first invocation that this instance accepted, in an environment that was
   * started for a request and not beforehand.
   */
  coldStart: boolean;
  runtime?: string | undefined;
  nodeVersion: string;
  memoryMb?: number | undefined;
  region?: string | undefined;
  architecture: string;
}

/** How one invocation went, by the clocks of its own process. */
export interface InvocationReport {
  requestId: string;
  /** Milliseconds of `process.hrtime`: one clock for all threads of a process, of unknown origin. */
  enteredAt: number;
  leftAt: number;
  enteredEpochMs: number;
  leftEpochMs: number;
  /** Invocations in flight in this instance on entry, this one included: 1 is alone. */
  inFlightOnEntry: number;
  /** Most invocations in flight in this instance while this one ran, itself included. */
  inFlightPeak: number;
  /** The globals right after this request's own mutation. */
  onEntry: { counter: number; client: string };
}

/** The body of a 200. The first three fields are enough to follow the experiment by eye. */
export interface Answer {
  client: string;
  /** Read when the hold was over, so what other requests did meanwhile shows. */
  globalData: GlobalData;
  message: string;
  environment?: EnvironmentReport | undefined;
  invocation?: InvocationReport | undefined;
}

/** The body of a 400. */
export interface Refusal {
  message: string;
}

export type ParsedRequest = { ok: true; request: HoldRequest } | { ok: false; message: string };

/**
 * Reads a request's body.
 *
 * @param body the JSON text, or `undefined` when the request had none
 * @param maxHoldMs the deployment's limit of `holdMs`, in milliseconds
 * @returns the request with its defaults filled in, or a message that names the offending field
 */
export function parseRequest(body: string | undefined, maxHoldMs: number): ParsedRequest {
  const refuse = (message: string): ParsedRequest => ({ ok: false, message });
  let input: unknown;
  try {
    input = JSON.parse(body ?? "");
  } catch {
    return refuse('body: send a JSON object such as {"client":"Ana"}');
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return refuse('body: must be a JSON object such as {"client":"Ana"}');
  }
  const { client, holdMs = DEFAULT_HOLD_MS, steps = DEFAULT_STEPS } = input as Partial<HoldRequest>;
  if (typeof client !== "string" || client.trim() === "" || lengthOf(client) > MAX_CLIENT_LENGTH) {
    return refuse(`client: must be a text of 1 to ${MAX_CLIENT_LENGTH} characters`);
  }
  if (typeof holdMs !== "number" || !Number.isFinite(holdMs) || holdMs < 0 || holdMs > maxHoldMs) {
    return refuse(`holdMs: must be a number of milliseconds from 0 to ${maxHoldMs}`);
  }
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    return refuse(`steps: must be a whole number from 1 to ${MAX_STEPS}`);
  }
  return { ok: true, request: { client, holdMs, steps } };
}

/**
 * Reads a deployment's limit of `holdMs`, in milliseconds.
 *
 * @returns the limit of plans when the text is no whole number: no limit at all would let one request
 * keep an environment, and its bill, for as long as the function's timeout
 */
export function parseMaxHold(text = ""): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : HOLD_LIMITS_MS.max;
}

/** A text's length in code points, so that an emoji counts once. */
export function lengthOf(text: string): number {
  return [...text].length;
}
