/** Embedded Lambdas in the test's own process, and requests for them. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import type { Model } from "../basics/models.ts";
import type { Answer } from "../handler/contract.ts";
import { RuntimeEnvironment } from "../local-lambda/environment/runtime-environment.ts";
import { WebEnvironment } from "../local-lambda/environment/web-environment.ts";
import {
  defaultConfiguration,
  type FunctionCode,
  type FunctionConfiguration,
} from "../local-lambda/function-configuration.ts";
import { LocalLambda, type StartOptions } from "../local-lambda/local-lambda.ts";
import { temporaryFolder } from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

/** What those that were started here were given, and have logged. */
const noted = new WeakMap<LocalLambda, { configuration: FunctionConfiguration; log: string[] }>();

/** Starts one whose configuration and log are noted, and which the caller closes. */
export async function startNoted(
  configuration: FunctionConfiguration,
  options: StartOptions = {},
): Promise<LocalLambda> {
  const log: string[] = [];
  const onLog = (_: string, text: string) => void log.push(text);
  const lambda = await LocalLambda.start(configuration, 0, { ...options, onLog });
  noted.set(lambda, { configuration, log });
  return lambda;
}

/** Starts one that ends with the test. */
export async function startLambda(
  changes: Partial<FunctionConfiguration> = {},
): Promise<LocalLambda> {
  const configuration = { ...defaultConfiguration(changes.model), ...changes };
  const lambda = await startNoted(configuration);
  onTestFinished(() => lambda.close());
  return lambda;
}

/** A new folder with these files, as code whose handler has this name. */
export function codeIn(files: Record<string, string>, handler = "index.handler") {
  const root = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return { root, handler };
}

/** Code of the test's own, whose handler is `index.handler`. */
export function codeOf(source: string, name = "index.mjs"): FunctionCode {
  return codeIn({ [name]: source });
}

/** Code of the test's own that is a Web Function's server, or is expected to be one. */
export function serverOf(source: string, name = "server.mjs"): FunctionCode {
  return codeIn({ [name]: source }, name);
}

/** A server that answers by these statements, which have `request`, `response` and `text`. */
export const answering = (statements: string) => `
  import { createServer } from "node:http";
  import { text } from "node:stream/consumers";
  createServer(async (request, response) => { ${statements} }).listen(3000);`;

/** What serves the handler of `index.mjs` as a Web Function does: a server that is plain to write. */
const SERVER = answering(`
  try {
    const event = { body: await text(request), rawPath: request.url };
    const context = { awsRequestId: request.headers["lambda-web-request-id"] };
    const returned = await handler(event, context);
    const json = typeof returned === "string" ? returned : (JSON.stringify(returned) ?? "null");
    const { statusCode = 200, headers = {}, cookies = [], body = json } = Object(returned);
    response.writeHead(statusCode, { ...headers, "set-cookie": cookies }).end(body);
  } catch (error) {
    console.error(error);
    const message = "Internal Server Error (" + String(error).split("\\n")[0] + ")";
    response.writeHead(500).end(JSON.stringify({ message }));
  }`);

/** The server's file, beside the handler. */
export const SERVER_FILE = "server.mjs";

/** Adds {@link SERVER_FILE} to a folder whose handler is in a file there. */
export function addServer(folder: string, file = "index.mjs"): void {
  writeFileSync(join(folder, SERVER_FILE), `import { handler } from "./${file}"; ${SERVER}`);
}

/** Code of the test's own for a model: a handler, or for a Web Function a server around it. */
export function codeFor(model: Model, source: string, file = "index.mjs"): FunctionCode {
  const code = codeOf(source, file);
  if (model !== "web-function") return code;
  addServer(code.root, file);
  return { ...code, handler: SERVER_FILE };
}

/**
 * A handler that answers once as many requests are inside its instance as the body says: who gets an
 * answer at all was inside together with the others.
 */
export const MEETING = `
  import { threadId } from "node:worker_threads";
  const { AWS_LAMBDA_LOG_STREAM_NAME, AWS_LAMBDA_INITIALIZATION_TYPE } = process.env;
  let counter = 0;
  let meet = [];
  export const handler = async ({ body }) => {
    counter += 1;
    console.log("entered");
    const { promise, resolve } = Promise.withResolvers();
    meet.push(resolve);
    if (meet.length === Number(body)) for (const go of meet.splice(0)) go();
    await promise;
    return {
      environment: AWS_LAMBDA_LOG_STREAM_NAME,
      initializationType: AWS_LAMBDA_INITIALIZATION_TYPE,
      pid: process.pid,
      threadId,
      counter,
    };
  };`;

export const CLIENTS = ["Ana", "Bo", "Cy", "Dan", "Eve"];

/** Sends a body of plain text, which arrives as it is. */
export async function send({ url }: { url: string | URL }, body: string): Promise<Response> {
  return fetch(url, { method: "POST", body, headers: { "content-type": "text/plain" } });
}

export async function post({ url }: LocalLambda, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(body) });
}

export async function ask(lambda: LocalLambda, client: string, holdMs = 20): Promise<Answer> {
  const response = await post(lambda, { client, holdMs });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

/** Asks for several at once. */
export function askAll(lambda: LocalLambda, clients: readonly string[], holdMs: number) {
  return Promise.all(clients.map((client) => ask(lambda, client, holdMs)));
}

export function distinct<T>(values: readonly T[]): number {
  return new Set(values).size;
}

/** How many environments could take a request now. */
export const pollingIn = (lambda: LocalLambda) => {
  const { model, maxConcurrency } = noted.get(lambda)?.configuration ?? defaultConfiguration();
  const most = model === "managed-instances" ? maxConcurrency : Number.POSITIVE_INFINITY;
  return lambda.pool.environments.filter((environment) =>
    environment instanceof RuntimeEnvironment
      ? environment.isFree && environment.inside < most
      : environment instanceof WebEnvironment && environment.room > 0,
  ).length;
};

/** Waits until so many environments could take a request. */
export const untilPolling = (lambda: LocalLambda, count: number) =>
  waitUntil(`${count} environments to poll`, () => pollingIn(lambda) === count);

/** What {@link MEETING} answers: where it ran, and its globals when all had met. */
interface Meeting {
  environment: string;
  initializationType: string;
  pid: number;
  threadId: number;
  counter: number;
}

/** Lets so many requests meet in one instance of {@link MEETING}. */
export async function meet(target: { url: string | URL }, count: number): Promise<Meeting[]> {
  const fired = Array.from({ length: count }, async () => {
    const response = await send(target, `${count}`);
    // A Web Function does not know its log stream, but its callers do.
    const environment = response.headers.get("lambda-web-logstream");
    return Object.assign({ environment }, (await response.json()) as Meeting);
  });
  return Promise.all(fired);
}

/** What {@link gatedCode} answers: its process, and how often that was entered by then. */
interface Entry {
  pid: number;
  entered: number;
}

/** A handler that answers when it is told to. */
export function gatedCode(model: Model) {
  const gate = join(temporaryFolder(), "open");
  const code = codeFor(
    model,
    `
    import { existsSync } from "node:fs";
    import { setTimeout as wait } from "node:timers/promises";
    let entered = 0;
    export const handler = async () => {
      const answer = { pid: process.pid, entered: ++entered };
      while (!existsSync(${JSON.stringify(gate)})) await wait(20);
      return answer;
    };`,
  );
  return { code, open: () => writeFileSync(gate, "") };
}

/**
 * Sends so many requests at once to {@link gatedCode}, of which so many must be throttled, and tells
 * it to answer the others when they are.
 */
export async function overload(
  lambda: LocalLambda,
  { count, throttled, open }: { count: number; throttled: number; open: () => void },
): Promise<Entry[]> {
  const statuses: number[] = [];
  const fired = Array.from({ length: count }, async () => {
    const response = await send(lambda, "");
    statuses.push(response.status);
    return response;
  });
  await waitUntil(`${throttled} requests to be throttled`, () => statuses.length >= throttled);
  expect(statuses).toEqual(Array(throttled).fill(429));
  open();
  const taken = (await Promise.all(fired)).filter(({ status }) => status === 200);
  expect(taken).toHaveLength(count - throttled);
  return Promise.all(taken.map(async (response) => (await response.json()) as Entry));
}

/** The process that answered. A signal to a missing one, by the number 0, would end the test itself. */
export function pidOf({ environment }: Pick<Answer, "environment">): number {
  assert(environment);
  return environment.pid;
}

/** What all environments have logged, those that have ended as well. */
export function loggedBy(lambda: LocalLambda): readonly string[] {
  return noted.get(lambda)?.log ?? [];
}

/** Whether any environment, of those that have ended as well, has logged a text. */
export function isLogged(lambda: LocalLambda, text: string): boolean {
  return loggedBy(lambda).some((line) => line.includes(text));
}

/** Sends a request by `node:http`, as it is: `fetch` would refuse or change some of its parts. */
export async function sendAsIs(
  { url }: LocalLambda,
  options: RequestOptions,
  body: string | Buffer = "",
) {
  const outgoing = request(url, options).end(body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
