/** Answers as they are compared: a tree of status, headers and body, and the places in it. */

import { isUtf8 } from "node:buffer";
import {
  functionError,
  functionUrlResponse,
} from "../local-lambda/function-url/function-url-response.ts";
import type { InvocationResult, UrlResponse } from "../local-lambda/invocation.ts";

/** What a caller would get. A body that is JSON is a value, other text a text, and bytes their base64. */
export interface Answer {
  status: number;
  headers: Record<string, string | readonly string[]>;
  body: unknown;
}

/** A place in an answer, as a JSON pointer: `/status`, `/headers/NAME`, `/body` and what is in it. */
export type Place = string;

/** Of the transport: they say nothing of what the handler did. */
const TRANSPORT = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "x-amzn-requestid",
  "x-amzn-trace-id",
]);

export function answerOf(result: InvocationResult): Answer {
  if (result.kind === "response") {
    return comparable(functionUrlResponse(result.body, result.contentType));
  }
  if (result.kind === "error") {
    return comparable(functionError(result.errorType, result.errorMessage));
  }
  throw new Error(`a runtime does not answer with ${result.kind}`);
}

function comparable({ statusCode, headers, body }: UrlResponse): Answer {
  const kept = Object.entries(headers).filter(([name]) => !TRANSPORT.has(name));
  return { status: statusCode, headers: Object.fromEntries(kept), body: contentOf(body) };
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
export function hasFailed({ status }: Answer): boolean {
  return status >= 500;
}

/**
 * The places in which two answers differ. Where each of two objects has names that the other lacks,
 * their names are made up anew each time, and the whole object differs; so does a list of another
 * length.
 *
 * @param masked are not looked at, nor what is in them
 */
export function differences(
  one: Answer,
  other: Answer,
  masked: ReadonlySet<Place> = new Set(),
): Place[] {
  const found: Place[] = [];
  const compare = (left: unknown, right: unknown, place: Place): void => {
    if (masked.has(place) || left === right) return;
    const [leftNames, rightNames] = [namesOf(left), namesOf(right)];
    const isList = Array.isArray(left);
    if (!leftNames || !rightNames || isList !== Array.isArray(right)) return void found.push(place);
    const isGone = leftNames.some((name) => !Object.hasOwn(Object(right), name));
    const isAdded = rightNames.some((name) => !Object.hasOwn(Object(left), name));
    if (isList ? isGone || isAdded : isGone && isAdded) return void found.push(place);
    for (const name of new Set([...leftNames, ...rightNames])) {
      const step = `${place}/${escaped(name)}`;
      compare(fieldOf(left, name), fieldOf(right, name), step);
    }
  };
  compare(one, other, "");
  return found;
}

function namesOf(value: unknown): string[] | undefined {
  return typeof value === "object" && value !== null ? Object.keys(value) : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return Object.hasOwn(Object(value), name) ? Reflect.get(Object(value), name) : undefined;
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What stands at a place; `undefined` where there is none. */
export function valueAt(answer: Answer, place: Place): unknown {
  const steps = place.split("/").slice(1);
  return steps.reduce<unknown>((value, step) => {
    return fieldOf(value, step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }, answer);
}

/** All texts, numbers and names of fields in the headers and the body of an answer, with their places. */
export function* textsIn({ headers, body }: Answer): Generator<[Place, string]> {
  yield* textsAt(headers, "/headers");
  yield* textsAt(body, "/body");
}

function* textsAt(value: unknown, place: Place): Generator<[Place, string]> {
  const names = namesOf(value);
  if (!names) {
    if (typeof value === "string" || typeof value === "number") yield [place, String(value)];
    return;
  }
  for (const name of names) {
    const step = `${place}/${escaped(name)}`;
    if (!Array.isArray(value)) yield [step, name];
    yield* textsAt(fieldOf(value, name), step);
  }
}

/** Whether a place is one of these, or in one of them. */
export function isWithin(place: Place, places: ReadonlySet<Place>): boolean {
  const steps = place.split("/");
  return steps.some((_, at) => places.has(steps.slice(0, at + 1).join("/")));
}

/** Whether nothing of a body can be compared, since every place in it is masked. */
export function isBlind({ body }: Answer, masked: ReadonlySet<Place>): boolean {
  if (body === "") return false;
  const isOpen = (value: unknown, place: Place): boolean => {
    if (masked.has(place)) return false;
    const names = namesOf(value);
    if (!names || names.length === 0) return true;
    return names.some((name) => isOpen(fieldOf(value, name), `${place}/${escaped(name)}`));
  };
  return !isOpen(body, "/body");
}

/** A place as a person reads it: `status`, `header set-cookie`, `body /user/name`. */
export function placeWords(place: Place): string {
  const [, part = "", ...steps] = place.split("/");
  if (part === "headers") return `header ${steps[0] ?? ""}`.trim();
  return steps.length === 0 ? part || "all of it" : `${part} /${steps.join("/")}`;
}
