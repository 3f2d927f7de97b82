import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, isLogged, startLambda, startNoted } from "../test/embedded-lambda.ts";
import { isAlive } from "../test/processes.ts";
import { waitUntil } from "../test/wait-until.ts";
import { RuntimeEnvironment } from "./environment/runtime-environment.ts";
import { defaultConfiguration, type FunctionConfiguration } from "./function-configuration.ts";
import type { LocalLambda } from "./local-lambda.ts";

type Sources = Record<string, string>;

/** One streaming handler that does at each path what stands there. */
function codeFor(sources: Sources): string {
  const cases = Object.entries(sources).map(
    ([name, source]) => `${JSON.stringify(`/${name}`)}: async (stream) => { ${source} }`,
  );
  return `
    import { existsSync } from "node:fs";
    import { setTimeout as wait } from "node:timers/promises";
    const from = (stream, prelude) => awslambda.HttpResponseStream.from(stream, prelude);
    const told = async (name) => {
      while (!existsSync(new URL("../" + name, import.meta.url))) await wait(20);
    };
    const cases = { ${cases.join(",\n")} };
    export const handler = awslambda.streamifyResponse((event, stream) =>
      cases[event.rawPath](stream));`;
}

/** One that all tests of a group share, with files beside its code by which they tell it to go on. */
function share(sources: Sources, changes: Partial<FunctionConfiguration>) {
  const folder = mkdtempSync(join(tmpdir(), "test-of-lambda-concurrency-test-"));
  const root = join(folder, "code");
  let started: LocalLambda | undefined;
  beforeAll(async () => {
    mkdirSync(root);
    writeFileSync(join(root, "index.mjs"), codeFor(sources));
    const code = { root, handler: "index.handler" };
    const configuration = { ...defaultConfiguration(changes.model), ...changes, code };
    started = await startNoted(configuration);
  });
  afterAll(async () => {
    await started?.close();
    rmSync(folder, { recursive: true });
  });
  return {
    lambda: () => started as LocalLambda,
    tell: (name: string) => writeFileSync(join(folder, name), ""),
  };
}

const BUFFERED = { invokeMode: "BUFFERED" } as const;
const STREAM = { invokeMode: "RESPONSE_STREAM" } as const;
const MODELS = [
  { ...STREAM, model: "on-demand" },
  { ...STREAM, model: "managed-instances", environments: 1 },
] as const;

interface Seen {
  status: number | undefined;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** The connection broke before the body's end. */
  broke: boolean;
}

/** The beginning of an answer. */
async function open({ url }: LocalLambda, name: string): Promise<IncomingMessage> {
  const outgoing = request(new URL(name, url));
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}

async function see(lambda: LocalLambda, name: string, onChunk = () => {}): Promise<Seen> {
  const response = await open(lambda, name);
  const chunks: Buffer[] = [];
  const read = async () => {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      onChunk();
    }
    return false;
  };
  const broke = await read().catch(() => true);
  const { statusCode: status, headers } = response;
  return { status, headers, body: Buffer.concat(chunks), broke };
}

/** A worker thread polls while it serves: only one that serves nothing has surely room. */
const untilReady = ({ pool }: LocalLambda) =>
  waitUntil("an environment to poll and serve nothing", () =>
    pool.environments.some(
      (environment) =>
        environment instanceof RuntimeEnvironment && environment.isFree && environment.isIdle,
    ),
  );

interface Case {
  source: string;
  status?: number;
  type?: string;
  body?: unknown;
  cookies?: string[];
}

const failure = (body: unknown) => ({ status: 502, type: "text/plain", body });
const BOOM = failure(Buffer.from("Internal Server Error (Error: boom)"));

/** What holds in both modes. */
const CASES: Record<string, Case> = {
  "bytes-stay-bytes": {
    source: `stream.write(Buffer.from([0, 255, 128])); stream.write("ä"); stream.end();`,
    body: Buffer.from([0, 255, 128, 195, 164]),
  },
  "the-handler-says-the-content-type": {
    source: `stream.setContentType("text/html"); stream.write("<p>"); stream.end();`,
    type: "text/html",
    body: Buffer.from("<p>"),
  },
  "a-prelude-is-obeyed-and-not-in-the-body": {
    source: `
      const headers = { "Content-Type": "text/plain", "x-a": "1" };
      const prelude = { statusCode: 201, headers, cookies: ["a=1", "b=2"] };
      const body = from(stream, prelude);
      body.write(Buffer.from([0, 255]));
      body.end();`,
    status: 201,
    type: "text/plain",
    body: Buffer.from([0, 255]),
    cookies: ["a=1", "b=2"],
  },
  "a-prelude-may-stand-before-no-body": {
    source: `from(stream, { statusCode: 403 }).write(""); stream.end();`,
    status: 403,
  },
  "an-empty-stream-is-an-empty-body": { source: `stream.end();` },
  "an-error-before-the-first-byte": { source: `throw new Error("boom");`, ...BOOM },
  "an-error-with-a-long-trace": { source: `throw new Error("boom" + "\\n".repeat(1e5));`, ...BOOM },
  "an-error-behind-the-name-of-a-prelude": {
    source: `from(stream, { statusCode: 201 }); throw new Error("boom");`,
    ...BOOM,
  },
  "a-header-that-cannot-be-sent": {
    source: `from(stream, { headers: { "x a": "1" } }).write("a"); stream.end();`,
    ...failure(expect.anything()),
  },
  "a-stream-that-ends-before-its-prelude": {
    source: `from(stream, { statusCode: 204 }).end();`,
    ...failure(expect.anything()),
  },
};
const sourcesOf = (cases: Record<string, Case>) =>
  Object.fromEntries(Object.entries(cases).map(([name, { source }]) => [name, source]));

describe.each([BUFFERED, STREAM])("in the mode $invokeMode", (mode) => {
  const { lambda } = share(sourcesOf(CASES), mode);

  test.each(Object.entries(CASES))("%s", async (name, { source: _, ...expected }) => {
    const { status, headers, body, broke } = await see(lambda(), name);
    const { "content-type": type, "set-cookie": cookies } = headers;
    expect({ status, type, body, ...(cookies && { cookies }) }).toEqual({
      ...{ status: 200, type: "application/octet-stream", body: Buffer.alloc(0) },
      ...expected,
    });
    expect(broke).toBe(false);
    expect(headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    // The runtime asks for the next one: nothing hangs.
    await untilReady(lambda());
  });

  test("a handler that does not stream is answered as ever", async () => {
    const answer = { statusCode: 201, headers: { "x-a": "1" }, body: "hello" };
    const code = codeOf(`export const handler = async () => (${JSON.stringify(answer)});`);
    const { status, headers, body } = await see(await startLambda({ code, ...mode }), "");
    expect([status, headers["x-a"], body.toString()]).toEqual([201, "1", "hello"]);
  });
});

describe("all at once", () => {
  const response = JSON.stringify({ statusCode: 201, body: "made" });
  const json = { source: `stream.write('{"hello":"world"}'); stream.end();` };
  const cases: Record<string, Case> = {
    "a-response-of-payload-format-2.0": {
      source: `stream.write(${JSON.stringify(response)}); stream.end();`,
      ...{ status: 201, type: "application/json", body: "made" },
    },
    "any-other-JSON": { ...json, type: "application/json", body: '{"hello":"world"}' },
    "an-error-behind-the-first-byte": {
      source: `stream.write("a"); await wait(50); throw new Error("boom");`,
      ...failure("Internal Server Error (Error: boom)"),
    },
    "more-than-6-MB": {
      source: `stream.end(Buffer.alloc(6 * 1024 * 1024 + 101));`,
      ...failure(expect.stringContaining("Function.ResponseSizeTooLarge")),
    },
  };
  const { lambda } = share(sourcesOf(cases), BUFFERED);

  test.each(Object.entries(cases))("%s", async (name, { source: _, ...expected }) => {
    const { status, headers, body, broke } = await see(lambda(), name);
    const seen = { status, type: headers["content-type"], body: body.toString() };
    expect(seen).toEqual({ status: 200, ...expected });
    expect(broke).toBe(false);
  });
});

describe.each(MODELS)("as they come, with $model", (model) => {
  const sources = {
    gated: `
      stream.write("first");
      await told("gated");
      stream.end("last");`,
    large: `
      for (let part = 0; part < 320; part += 1) {
        if (stream.write(Buffer.alloc(65_536))) continue;
        const stall = setTimeout(() => console.log("stalls"), 500);
        await new Promise((go) => stream.once("drain", go));
        clearTimeout(stall);
      }
      console.log("finished");
      stream.end();`,
    next: `stream.end("next");`,
    endless: `stream.write(String(process.pid)); await wait(60_000);`,
  };
  const { lambda, tell } = share(sources, { ...model, concurrencyLimit: 1, maxConcurrency: 1 });

  test("bytes are sent while the handler runs, whose place is not free before it ends", async () => {
    const response = await open(lambda(), "gated");
    const chunks = response[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe("first");
    expect((await see(lambda(), "next")).status).toBe(429);
    tell("gated");
    expect(String((await chunks.next()).value)).toBe("last");
    expect((await chunks.next()).done).toBe(true);
    await untilReady(lambda());
    expect((await see(lambda(), "next")).status).toBe(200);
  });

  test("more than 6 MB come whole, and no faster than they are taken", async () => {
    await untilReady(lambda());
    const response = await open(lambda(), "large");
    expect(response.statusCode).toBe(200);
    await waitUntil("the handler to wait", () => isLogged(lambda(), "stalls"));
    expect(isLogged(lambda(), "finished")).toBe(false);
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) size += chunk.length;
    expect(size).toBe(320 * 65_536);
    await waitUntil("the handler to end", () => isLogged(lambda(), "finished"));
  });

  test("a caller who goes leaves the handler to its end, and nothing behind", async () => {
    await untilReady(lambda());
    const response = await open(lambda(), "large");
    await once(response, "data");
    response.destroy();
    await untilReady(lambda());
    expect((await see(lambda(), "next")).body.toString()).toBe("next");
  });

  test("the end of the embedded Lambda breaks what is still sent", async () => {
    await untilReady(lambda());
    const response = await open(lambda(), "endless");
    const [pid] = (await once(response, "data")) as [Buffer];
    const broken = once(response, "error");
    await lambda().close();
    await broken;
    expect(isAlive(Number(pid))).toBe(false);
  });
});

describe.each(MODELS)(
  "behind the first byte, with $model, the connection is broken by",
  (model) => {
    const breaks = {
      "an-error": `throw new Error("boom");`,
      "the-end-of-the-process": `process.exit(1);`,
      "a-stream-that-is-destroyed": `stream.destroy();`,
      // Managed Instances run on: the client of AWS sends the next stream once this one has ended.
      "a-timeout": `await told("a-timeout-is-over"); stream.end();`,
    };
    const sources = Object.entries(breaks).map(([name, source]) => [
      name,
      `stream.write("first"); await told("${name}"); ${source}`,
    ]);
    const next = `stream.end("next");`;
    const { lambda, tell } = share(
      { ...Object.fromEntries(sources), next },
      { ...model, timeoutMs: 1_000 },
    );

    test.each(Object.keys(breaks))("%s, and the next request is served", async (name) => {
      const { status, body, broke } = await see(lambda(), name, () => tell(name));
      tell(`${name}-is-over`);
      const seen = { status, body: body.toString(), broke };
      expect(seen).toEqual({ status: 200, body: "first", broke: true });
      await untilReady(lambda());
      expect((await see(lambda(), "next")).body.toString()).toBe("next");
    });
  },
);
