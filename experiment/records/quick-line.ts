/**
 * The short way to read the most frequent line of a record: the observation of a request that was
 * answered with an identity, written as this program writes it. Whatever else a line may be, the
 * long way, by JSON and schema, decides what it is. So this pattern must match nothing that they
 * would refuse or read otherwise; that it misses lines which they would take is no fault.
 */

import type { TellingObservation } from "../core/verdict/evidence.ts";

/** Texts without escapes; numbers that are finite for certain, or whole and exact. */
const text = '"[^"\\\\\\u0000-\\u001f]*"';
const name = '"[^"\\\\\\u0000-\\u001f]+"';
const number = "-?(?:0|[1-9]\\d{0,17})(?:\\.\\d{1,20})?";
/** Of the runner's clock, within what the schema allows. */
const moment = "-?(?:0|[1-9]\\d{0,10})(?:\\.\\d{1,20})?";
const count = "(?:0|[1-9]\\d{0,14})";
const positive = "[1-9]\\d{0,14}";
const flag = "true|false";

/** A value that is given out; a text's quotes are left away. */
const take = (pattern: string) =>
  pattern.startsWith('"') ? `"(${pattern.slice(1, -1)})"` : `(${pattern})`;
const object = (...fields: string[]) => `\\{${fields.join("")}\\}`;
const first = (key: string, value: string) => `"${key}":${value}`;
const then = (key: string, value: string) => `,"${key}":${value}`;
const maybe = (key: string, value: string) => `(?:,"${key}":${value})?`;

const globalData = object(
  first("counter", take(count)),
  then("client", take(text)),
  then("clients", `\\[(?:${text}(?:,${text})*)?\\]`),
  maybe("dropped", count),
);

const environment = object(
  first("id", take(name)),
  then("instance", take(name)),
  then("pid", take(count)),
  then("threadId", take(count)),
  then("initializedAt", number),
  maybe("initializationType", text),
  then("coldStart", take(flag)),
  maybe("runtime", text),
  then("nodeVersion", text),
  maybe("memoryMb", number),
  maybe("region", text),
  then("architecture", text),
);

const invocation = object(
  first("requestId", take(text)),
  then("enteredAt", take(number)),
  then("leftAt", take(number)),
  then("enteredEpochMs", number),
  then("leftEpochMs", number),
  then("inFlightOnEntry", take(positive)),
  then("inFlightPeak", take(positive)),
  then("onEntry", object(first("counter", take(count)), then("client", take(text)))),
);

const response = object(
  first("client", take(text)),
  then("globalData", globalData),
  then("message", text),
  then("environment", environment),
  then("invocation", invocation),
);

const observation = object(
  first("type", '"observation"'),
  then("run", take(text)),
  then("index", take(count)),
  then("client", take(text)),
  then("outcome", '"ok"'),
  maybe("status", count),
  maybe("requestId", text),
  then("sentAt", take(moment)),
  then("answeredAt", take(moment)),
  then("response", response),
);

const LINE = new RegExp(`^${observation}$`);
/** The pattern keeps a place to come back to for each name of a list: it must not run out of them. */
const LONGEST = 2_000_000;

/** What counts of such a line; `undefined` where the long way must decide. */
export function readQuickly(line: string): TellingObservation | undefined {
  const match = line.length > LONGEST ? null : LINE.exec(line);
  if (!match) return undefined;
  const text = (group: number) => match[group] ?? "";
  const number = (group: number) => Number(match[group]);
  return {
    run: text(1),
    index: number(2),
    client: text(3),
    outcome: "ok",
    sentAt: number(4),
    answeredAt: number(5),
    response: {
      client: text(6),
      globalData: { counter: number(7), client: text(8) },
      environment: {
        id: text(9),
        instance: text(10),
        pid: number(11),
        threadId: number(12),
        coldStart: text(13) === "true",
      },
      invocation: {
        requestId: text(14),
        enteredAt: number(15),
        leftAt: number(16),
        inFlightOnEntry: number(17),
        inFlightPeak: number(18),
        onEntry: { counter: number(19), client: text(20) },
      },
    },
  };
}
