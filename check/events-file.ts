/**
 * Files of events: the schema of what they hold, which is also published for editors, and the border
 * at which a file that somebody wrote is checked.
 */

import * as z from "zod";
import { fieldOf, namedFields, type ReadFile, readJsonFile } from "../basics/json-files.ts";
import { functionUrlEvent } from "../local-lambda/function-url/function-url-event.ts";
import type { UrlRequest } from "../local-lambda/invocation.ts";
import { isMessageHeader } from "./common-values.ts";
import { isReadable, readingsOf, textOf } from "./readings.ts";

/** An event to check with. */
export interface CheckEvent {
  name: string;
  /** All texts and numbers of the request that may tell it from others, but for the secret ones. */
  texts: readonly string[];
  /** Those of headers whose values nobody may read. */
  secrets: readonly Secret[];
  /** Texts that its author says are its own. */
  marks: readonly string[];
  /** The event as JSON, as a runtime is given it for a request of this id. */
  json(requestId: string): string;
  /** The request, as a server is sent it. */
  request(requestId: string): UrlRequest;
}

interface Secret {
  text: string;
  /** Where it stands: `authorization`, or `cookie NAME`. */
  from: string;
  /** It is read in one that stands there, such as a claim in a token. */
  isRead: boolean;
}

const MOST_EVENTS = 20;
const LONGEST_NAME = 40;
const LONGEST_BODY = 5_000_000;

const name = z
  .string({ error: `must be a text of 1 to ${LONGEST_NAME} characters` })
  .regex(new RegExp(`^(?=.*\\S)[^\\p{C}]{1,${LONGEST_NAME}}$`, "u"), {
    error: `must be a text of 1 to ${LONGEST_NAME} characters`,
  })
  .optional()
  .describe('What the event is called; by default "event 1" and so on.');

const MARKS = "must be a list of texts of two characters or more";
const NO_MARK = "must be a text of this event alone, and such a word stands in any answer";
const marks = z
  .array(
    z
      .string({ error: MARKS })
      .min(2, MARKS)
      .refine((text) => !["true", "false", "null", "undefined"].includes(text), {
        error: NO_MARK,
      }),
    { error: MARKS },
  )
  .default([])
  .describe("Texts that only this event's request has, beside those that are found in it.");

const TEXTS = "must be a text or a list of texts";
const values = z.union([z.string(), z.array(z.string())], { error: TEXTS });
const valuesByName = (what: string) =>
  z.record(z.string(), values, {
    error: `must be an object of ${what}, each a text or a list of texts`,
  });

const METHOD = "must be a method in capitals, such as GET or POST";
const PATH = "must be a path that begins with /, without a query";
const BODY = "must be a text, or any value of JSON";
const FLAG = "must be true or false";

const requestSchema = namedFields({
  name,
  method: z
    .string({ error: METHOD })
    .regex(/^[A-Z]{1,20}$/, { error: METHOD })
    .default("GET")
    .describe("The request's method."),
  path: z
    .string({ error: PATH })
    .regex(/^\/[^?#]*$/, { error: PATH })
    .default("/")
    .describe("The request's path."),
  query: valuesByName("parameters").default({}).describe("Its query parameters."),
  headers: valuesByName("headers").default({}).describe("Its headers, cookie among them."),
  body: z.json({ error: BODY }).optional().describe("Its body: a text, or what is sent as JSON."),
  isBase64Encoded: z
    .boolean({ error: FLAG })
    .default(false)
    .describe("Whether the body is base64 of what is sent."),
  marks,
}).refine(({ body, isBase64Encoded }) => !isBase64Encoded || typeof body === "string", {
  path: ["body"],
  error: "must be a text of base64, since isBase64Encoded is true",
});

const OBJECT = "must be an object, as a Function URL makes it";
const TEXT = "must be a text";
const text = z.string({ error: TEXT });
const http = z.looseObject({ method: text, path: text }, { error: OBJECT });
const recordedSchema = z.looseObject(
  {
    name,
    marks,
    version: z.literal("2.0", { error: 'must be "2.0", the payload format of Function URLs' }),
    rawPath: text,
    rawQueryString: text.optional(),
    headers: z
      .record(z.string(), text, { error: "must be an object of headers, each a text" })
      .default({}),
    cookies: z.array(text, { error: "must be a list of texts" }).optional(),
    queryStringParameters: z
      .record(z.string(), text, { error: "must be an object of parameters, each a text" })
      .optional(),
    requestContext: z.looseObject({ http }, { error: OBJECT }),
    body: text.max(LONGEST_BODY).optional(),
    isBase64Encoded: z.boolean({ error: FLAG }).default(false),
  },
  { error: OBJECT },
);

const LIST = `must be a list of 2 to ${MOST_EVENTS} events`;
const listSchema = z.array(z.unknown(), { error: LIST }).min(2, LIST).max(MOST_EVENTS, LIST);

/**
 * Reads a file of events.
 *
 * @param path relative to the working directory
 * @returns the events, or what is wrong, one phrase each with the file, the index and the field
 */
export function readEventsFile(path: string): ReadFile<CheckEvent[]> {
  return readJsonFile(path, "list of events", parseEvents);
}

/** Reads what such a file holds. */
export function parseEvents(content: unknown): ReadFile<CheckEvent[]> {
  const list = listSchema.safeParse(content);
  if (!list.data) return { problems: [`the file ${LIST}, and is ${shown(content)}`] };
  const read = list.data.map(parseEvent);
  const problems = read.flatMap((one) => ("problems" in one ? one.problems : []));
  const events = read.flatMap((one) => ("value" in one ? [one.value] : []));
  const names = events.map((event) => event.name);
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at) problems.push(`events[${at}].name "${name}" is taken`);
  }
  return problems.length > 0 ? { problems } : { value: events };
}

/** Fields by which events are known that are no requests of payload format 2.0. */
const OTHER_EVENTS = [
  ["Records", "a queue, a topic, a stream or a bucket"],
  ["detail-type", "EventBridge"],
  ["httpMethod", "payload format 1.0, as REST APIs and load balancers make it"],
] as const;

function parseEvent(item: unknown, at: number): ReadFile<CheckEvent> {
  for (const [name, what] of OTHER_EVENTS) {
    if (!Object.hasOwn(Object(item), name)) continue;
    return {
      problems: [
        `events[${at}] is an event of ${what}, and only requests are taken: in the short form, with ` +
          "method, path, query, headers and body, or as a Function URL or an HTTP API hands them over, " +
          "of payload format 2.0",
      ],
    };
  }
  const isRecorded = typeof item === "object" && item !== null && "requestContext" in item;
  const { data, error } = (isRecorded ? recordedSchema : requestSchema).safeParse(item, {
    reportInput: true,
  });
  if (!data) {
    return {
      problems: error.issues.map(({ path, message, input }) => {
        const field = fieldOf(["events", at, ...path], "");
        const isKnown = message.startsWith("must");
        return `${field} ${message}${isKnown ? `, and is ${shown(input)}` : ""}`;
      }),
    };
  }
  const name = data.name ?? `event ${at + 1}`;
  return {
    value: "requestContext" in data ? eventOfRecording(name, data) : eventOfRequest(name, data),
  };
}

/** A value of JSON in few characters. */
function shown(value: unknown): string {
  const json = value === undefined ? "missing" : JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}

function eventOfRequest(name: string, data: z.infer<typeof requestSchema>): CheckEvent {
  const { method, path, query, headers: given, body, isBase64Encoded, marks } = data;
  const content =
    typeof body !== "string"
      ? Buffer.from(body === undefined ? "" : JSON.stringify(body))
      : Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const headers: NodeJS.Dict<string[]> = { host: ["localhost"] };
  // A Function URL takes what has no type for bytes, and nobody means that by a text.
  if (content.length > 0 && !isBase64Encoded) headers["content-type"] = [typeOf(body)];
  for (const [key, value] of Object.entries(given)) headers[key.toLowerCase()] = [value].flat();
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((one): [string, string] => [key, one]),
  );
  const search = new URLSearchParams(pairs).toString();
  const target = targetOf(path, search);
  const request = requestOf({ method, target, headers, body: content });
  return {
    name,
    marks,
    texts: withReadings([
      ...path.split("/"),
      ...Object.values(query).flat(),
      ...headerTexts(headers),
      ...contentTexts(textOf(content)),
    ]),
    secrets: secretsIn(headers),
    json: (requestId) => JSON.stringify(functionUrlEvent(request(requestId))),
    request,
  };
}

function eventOfRecording(name: string, data: z.infer<typeof recordedSchema>): CheckEvent {
  const { name: _, marks, ...event } = data;
  const { rawPath, headers, cookies = [], body = "", isBase64Encoded } = event;
  const { rawQueryString, queryStringParameters, requestContext } = event;
  const json = JSON.stringify(event);
  const content = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const { body: __, headers: ___, cookies: ____, requestContext: _____, ...rest } = event;
  const { http, ...context } = requestContext;
  const all = { ...headers, ...(cookies.length > 0 && { cookie: cookies.join("; ") }) };
  const search = rawQueryString ?? new URLSearchParams(queryStringParameters).toString();
  return {
    name,
    marks,
    texts: withReadings([
      ...rawPath.split("/"),
      ...headerTexts(all),
      ...[rest, context, http].flatMap(callerTexts),
      ...contentTexts(textOf(content)),
    ]),
    secrets: secretsIn(all),
    json: () => json,
    request: requestOf({
      method: requestContext.http.method,
      target: targetOf(rawPath, search),
      headers: Object.fromEntries(
        Object.entries(all).map(([key, value]) => [key.toLowerCase(), [value]]),
      ),
      body: content,
    }),
  };
}

/** Fields that say how and when the service took a request, whoever sent it. */
const OF_SERVICE = new Set(
  "version routeKey stage method protocol userAgent time timeEpoch".split(" "),
);

/** What the others hold. */
function callerTexts(fields: object): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    OF_SERVICE.has(name) ? [] : leavesOf(value),
  );
}

/** A path as it may stand in a request, with what is escaped in it, and the query. */
function targetOf(path: string, search: string): string {
  const escaped = encodeURI(path)
    .replaceAll(/%25(?=[\da-f]{2})/gi, "%")
    .replaceAll("?", "%3F")
    .replaceAll("#", "%23");
  return search === "" ? escaped : `${escaped}?${search}`;
}

function requestOf(
  parts: Pick<UrlRequest, "method" | "target" | "headers" | "body">,
): CheckEvent["request"] {
  return (requestId) => ({
    ...parts,
    requestId,
    protocol: "HTTP/1.1",
    sourceIp: "127.0.0.1",
    port: 443,
    receivedAt: new Date(),
  });
}

type Headers = NodeJS.Dict<string | string[]>;

/** What headers hold that anybody may read, and that not just anybody writes. */
function headerTexts(headers: Headers): string[] {
  return Object.entries(headers)
    .filter(([name]) => !["authorization", "cookie"].includes(name.toLowerCase()))
    .filter(([name]) => !isMessageHeader(name))
    .flatMap(([, value = []]) => [value].flat().flatMap(wordsIn));
}

/** What nobody may read: credentials without their scheme, and the values of cookies. */
function secretsIn(headers: Headers): Secret[] {
  const linesOf = (wanted: string) =>
    Object.entries(headers)
      .filter(([name]) => name.toLowerCase() === wanted)
      .flatMap(([, value = []]) => value);
  const credentials = linesOf("authorization").map((line) => {
    return { from: "authorization", text: line.replace(/^\S+\s+/, "") };
  });
  const cookies = linesOf("cookie")
    .flatMap((line) => line.split(";"))
    .map((pair) => {
      const [, name = "", text = pair.trim()] = /^\s*([^=]*)=(.*)$/s.exec(pair) ?? [];
      return { from: `cookie ${name}`, text: text.trim() };
    });
  return [...credentials, ...cookies].flatMap(({ from, text }) => [
    { from, text, isRead: false },
    ...readIn(text).map((one) => ({ from, text: one, isRead: true })),
  ]);
}

/** Texts, and what is read in them. */
function withReadings(texts: readonly string[]): string[] {
  return [...texts, ...texts.flatMap(readIn)];
}

/** The texts that are read in an encoded one. */
function readIn(text: string): string[] {
  const [, ...readings] = readingsOf(text);
  // What only looked like base64 is gibberish.
  const lines = readings.flatMap((reading) => reading.split("\n")).filter(isReadable);
  return lines.flatMap(contentTexts);
}

function typeOf(body: unknown): string {
  const isJson = typeof body !== "string" || typeof parsed(body) === "object";
  return isJson ? "application/json" : "text/plain; charset=utf-8";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text and the words in it; between bytes that are no text, words are what can be read. */
function wordsIn(text: string): string[] {
  return [text, ...text.split(/[\s;,=&\p{Cc}\uFFFD]+/u)];
}

/** All texts and whole numbers in JSON, in a form, or in another text. */
function contentTexts(text: string): string[] {
  const value = parsed(text);
  if (typeof value === "object" && value !== null) return leavesOf(value);
  const form = [...new URLSearchParams(text).values()];
  return [...wordsIn(text), ...form];
}

/** All texts and whole numbers in a value of JSON. */
function leavesOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return Number.isInteger(value) ? [String(value)] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(leavesOf);
}

/** The schema of files of events as a JSON Schema, for editors. */
export function toJsonSchema(): object {
  const fileSchema = z
    .array(z.union([requestSchema, recordedSchema]))
    .min(2)
    .max(MOST_EVENTS);
  return {
    title: "Events for check-handler of Lambda Concurrency Test",
    ...z.toJSONSchema(fileSchema, { target: "draft-2020-12", io: "input" }),
  };
}

/** What is printed where no file is named. */
export const EXAMPLE = `[
  {
    "name": "Ana",
    "method": "POST",
    "path": "/orders",
    "headers": { "authorization": "Bearer token-of-ana" },
    "body": { "customer": "ana@example.com", "item": "a blue chair" }
  },
  {
    "name": "Barbara",
    "method": "POST",
    "path": "/orders",
    "headers": { "authorization": "Bearer token-of-barbara" },
    "body": { "customer": "barbara@example.com", "item": "a green lamp" }
  }
]`;
