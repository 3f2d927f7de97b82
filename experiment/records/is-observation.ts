/**
 * Whether a value is an observation, checked by hand. It is the line that a record has a million of,
 * and the schema would take as long for it as its parsing took. A test compares the two.
 */

import { type Observation, OUTCOMES } from "../core/record-lines.ts";
import { MOST_MS } from "./schema.ts";

/** An object of JSON, whose fields are not known yet. */
type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const outcomes: ReadonlySet<unknown> = new Set(OUTCOMES);

/** Whether the schema would take it, with whatever further fields it has. */
export function isObservation(value: unknown): value is Observation {
  if (!isObject(value) || value.type !== "observation") return false;
  const { run, index, client, outcome, status, requestId, sentAt, answeredAt, message } = value;
  return (
    isText(run) &&
    isCount(index) &&
    isText(client) &&
    outcomes.has(outcome) &&
    isAbsentOr(Number.isSafeInteger, status) &&
    isAbsentOr(isText, requestId) &&
    isAbsentOr(isMoment, sentAt) &&
    isAbsentOr(isMoment, answeredAt) &&
    isAbsentOr(isText, message) &&
    isAbsentOr(isAnswer, value.response)
  );
}

function isAnswer(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.client) &&
    isText(value.message) &&
    isGlobalData(value.globalData) &&
    isAbsentOr(isEnvironment, value.environment) &&
    isAbsentOr(isInvocation, value.invocation)
  );
}

function isGlobalData(value: unknown): boolean {
  return (
    isObject(value) &&
    isCount(value.counter) &&
    isText(value.client) &&
    Array.isArray(value.clients) &&
    value.clients.every(isText) &&
    isAbsentOr(isCount, value.dropped)
  );
}

function isEnvironment(value: unknown): boolean {
  return (
    isObject(value) &&
    isName(value.id) &&
    isName(value.instance) &&
    isCount(value.pid) &&
    isCount(value.threadId) &&
    Number.isFinite(value.initializedAt) &&
    isAbsentOr(isText, value.initializationType) &&
    typeof value.coldStart === "boolean" &&
    isAbsentOr(isText, value.runtime) &&
    isText(value.nodeVersion) &&
    isAbsentOr(Number.isFinite, value.memoryMb) &&
    isAbsentOr(isText, value.region) &&
    isText(value.architecture)
  );
}

function isInvocation(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.requestId) &&
    Number.isFinite(value.enteredAt) &&
    Number.isFinite(value.leftAt) &&
    Number.isFinite(value.enteredEpochMs) &&
    Number.isFinite(value.leftEpochMs) &&
    isPositive(value.inFlightOnEntry) &&
    isPositive(value.inFlightPeak) &&
    isObject(value.onEntry) &&
    isCount(value.onEntry.counter) &&
    isText(value.onEntry.client)
  );
}

function isAbsentOr(check: Check, value: unknown): boolean {
  return value === undefined || check(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPositive(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isMoment(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= MOST_MS;
}
