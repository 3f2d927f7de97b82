/** Answers as they are compared: a tree of status, headers and body, and the places in it. */

import { isUtf8 } from "node:buffer";
import {
  functionError,
  functionUrlResponse,
} from "../local-lambda/function-url/function-url-response.ts";
import type { InvocationResult, UrlResponse } from "../local-lambda/invocation.ts";
import { unpacked } from "./readings.ts";
import { escaped, NAMES, NAMES_AT_END, type Place } from "./reports/places.ts";
import type { CheckedAnswer } from "./reports/report.ts";

/** Of the transport: they say nothing of what the handler did. */
const TRANSPORT = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "lambda-web-logstream",
  "lambda-web-request-id",
  "transfer-encoding",
  "x-amzn-requestid",
  "x-amzn-trace-id",
]);

export function answerOf(result: InvocationResult): CheckedAnswer {
  if (result.kind === "response") {
    return comparable(functionUrlResponse(result.body, result.contentType));
  }
  if (result.kind === "http") return comparable(result.response);
  if (result.kind === "error") {
    return comparable(functionError(result.errorType, result.errorMessage));
  }
  throw new Error(`an environment does not answer with ${result.kind}`);
}

function comparable({ statusCode, headers, body }: UrlResponse): CheckedAnswer {
  const kept = Object.entries(headers).filter(([name]) => !TRANSPORT.has(name));
  const content = unpacked(body, String(headers["content-encoding"] ?? ""));
  return { status: statusCode, headers: Object.fromEntries(kept), body: contentOf(content) };
}

function contentOf(body: Buffer): unknown {
  if (!isUtf8(body)) return body.toString("base64");
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether the function failed, or says of itself that it did. */
export function hasFailed({ status }: CheckedAnswer): boolean {
  return status >= 500;
}

/**
 * The places in which two answers differ. Lists of different lengths differ as a whole. Where each of
 * two objects has names that the other lacks, they are made up anew each time: these names are one place.
 *
 * @param masked are not looked at, nor what is in them
 */
export function differences(
  one: CheckedAnswer,
  other: CheckedAnswer,
  masked: ReadonlySet<Place> = new Set(),
): Place[] {
  const found: Place[] = [];
  const add = (place: Place) => {
    if (!masked.has(place)) found.push(place);
  };
  const compare = (left: unknown, right: unknown, place: Place) => {
    if (masked.has(place) || left === right) return;
    const [leftNames, rightNames] = [namesOf(left), namesOf(right)];
    const isList = Array.isArray(left);
    const isAlike = leftNames && rightNames && isList === Array.isArray(right);
    if (!isAlike || (isList && leftNames.length !== rightNames.length)) {
      add(place);
      return;
    }
    const [common, gone] = split(leftNames, right);
    const [, added] = split(rightNames, left);
    if (gone.length > 0 && added.length > 0) add(`${place}${NAMES}`);
    else if (!masked.has(`${place}${NAMES}`)) {
      for (const name of [...gone, ...added]) add(`${place}/${escaped(name)}`);
    }
    for (const name of common) {
      compare(fieldOf(left, name), fieldOf(right, name), `${place}/${escaped(name)}`);
    }
  };
  compare(one, other, "");
  return found;
}

/**
 * Whether two bodies are made alike: the same names, and values of the same type. Whether lists are, is
 * not asked.
 *
 * @param masked are not looked at, nor what is in them
 */
export function isMadeAlike(
  one: CheckedAnswer,
  other: CheckedAnswer,
  masked: ReadonlySet<Place>,
): boolean {
  const isAlike = (left: unknown, right: unknown, place: Place): boolean => {
    if (masked.has(place) || left === null || right === null) return true;
    const [leftNames, rightNames] = [namesOf(left), namesOf(right)];
    if (!leftNames || !rightNames) return typeof left === typeof right;
    if (Array.isArray(left) || Array.isArray(right)) {
      return Array.isArray(left) && Array.isArray(right);
    }
    const [common, gone] = split(leftNames, right);
    const isSame = gone.length === 0 && common.length === rightNames.length;
    if (!isSame && !masked.has(`${place}${NAMES}`)) return false;
    return common.every((name) =>
      isAlike(fieldOf(left, name), fieldOf(right, name), `${place}/${escaped(name)}`),
    );
  };
  return isAlike(one.body, other.body, "/body");
}

/** The names that an object has as well, and those that it lacks. */
function split(names: readonly string[], value: unknown): [common: string[], lacking: string[]] {
  const isThere = (name: string) => Object.hasOwn(Object(value), name);
  return [names.filter(isThere), names.filter((name) => !isThere(name))];
}

function namesOf(value: unknown): string[] | undefined {
  return typeof value === "object" && value !== null ? Object.keys(value) : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return Object.hasOwn(Object(value), name) ? Reflect.get(Object(value), name) : undefined;
}

/** What stands at a place; `undefined` where there is none. */
export function valueAt(answer: CheckedAnswer, place: Place): unknown {
  const steps = place.replace(NAMES_AT_END, "").split("/").slice(1);
  return steps.reduce<unknown>((value, step) => {
    return fieldOf(value, step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }, answer);
}

/** All texts, numbers and names of fields in the headers and the body of an answer, with their places. */
export function* textsIn({ headers, body }: CheckedAnswer): Generator<[Place, string]> {
  yield* textsAt(headers, "/headers");
  yield* textsAt(body, "/body");
}

/** The same without the names of fields. */
export function* valuesIn({ headers, body }: CheckedAnswer): Generator<[Place, string]> {
  yield* textsAt(headers, "/headers", false);
  yield* textsAt(body, "/body", false);
}

function* textsAt(value: unknown, place: Place, withNames = true): Generator<[Place, string]> {
  const names = namesOf(value);
  if (!names) {
    if (typeof value === "string" || typeof value === "number") yield [place, String(value)];
    return;
  }
  for (const name of names) {
    const step = `${place}/${escaped(name)}`;
    if (withNames && !Array.isArray(value)) yield [step, name];
    yield* textsAt(fieldOf(value, name), step, withNames);
  }
}

/** Whether nothing of a body can be compared, since every place in it is masked. */
export function isBlind({ body }: CheckedAnswer, masked: ReadonlySet<Place>): boolean {
  if (body === "") return false;
  const isOpen = (value: unknown, place: Place): boolean => {
    if (masked.has(place)) return false;
    const names = namesOf(value);
    if (!names || names.length === 0) return true;
    return names.some((name) => isOpen(fieldOf(value, name), `${place}/${escaped(name)}`));
  };
  return !isOpen(body, "/body");
}
