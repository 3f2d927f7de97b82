import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, test } from "vitest";
import { codeOf, distinct, startLambda, untilPolling } from "../test/embedded-lambda.ts";
import { isAlive } from "../test/processes.ts";
import { waitUntil } from "../test/wait-until.ts";
import type { FunctionConfiguration } from "./function-configuration.ts";
import type { LocalLambda } from "./local-lambda.ts";

/** What every handler here may use, and one that streams unless it is one of its own. */
function codeWith(body: string) {
  return codeOf(`
    import { setTimeout as wait } from "node:timers/promises";
    const from = (stream, prelude) => awslambda.HttpResponseStream.from(stream, prelude);
    export const handler = awslambda.streamifyResponse(async (event, stream) => { ${body} });`);
}

const startWith = (body: string, changes: Partial<FunctionConfiguration> = {}) =>
  startLambda({ code: codeWith(body), concurrencyLimit: 5, ...changes });

const STREAM = { invokeMode: "RESPONSE_STREAM" } as const;
const BUFFERED = { invokeMode: "BUFFERED" } as const;
const MODES = [BUFFERED, STREAM];
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
async function open({ url }: LocalLambda, path = "/"): Promise<IncomingMessage> {
  const outgoing = request(new URL(path, url));
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return response;
}

async function see(lambda: LocalLambda, path = "/"): Promise<Seen> {
  const response = await open(lambda, path);
  const chunks: Buffer[] = [];
  const read = async () => {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    return false;
  };
  const broke = await read().catch(() => true);
  const { statusCode: status, headers } = response;
  return { status, headers, body: Buffer.concat(chunks), broke };
}

describe.each(MODES)("in the mode $invokeMode", (mode) => {
  test.each([
    [
      "bytes stay bytes",
      `stream.write(Buffer.from([0, 255, 128])); stream.write("ä"); stream.end();`,
      { status: 200, type: "application/octet-stream", body: Buffer.from([0, 255, 128, 195, 164]) },
    ],
    [
      "the content type is the handler's",
      `stream.setContentType("text/html"); stream.write("<p>"); stream.end();`,
      { status: 200, type: "text/html", body: Buffer.from("<p>") },
    ],
    [
      "a prelude says status, headers and cookies, and is not in the body",
      `stream = from(stream, {
        statusCode: 201,
        headers: { "Content-Type": "text/plain", "x-a": "1" },
        cookies: ["a=1", "b=2"],
      });
      stream.write(Buffer.from([0, 255])); stream.end();`,
      { status: 201, type: "text/plain", body: Buffer.from([0, 255]), cookies: ["a=1", "b=2"] },
    ],
    [
      "a prelude may stand before an empty body",
      `stream = from(stream, { statusCode: 403 }); stream.write(""); stream.end();`,
      { status: 403, type: "application/octet-stream", body: Buffer.alloc(0) },
    ],
    [
      "an empty stream is an empty body",
      `stream.end();`,
      { status: 200, type: "application/octet-stream", body: Buffer.alloc(0) },
    ],
    [
      "an error before the first byte is told with 502",
      `throw new Error("boom");`,
      {
        ...{ status: 502, type: "text/plain" },
        body: Buffer.from("Internal Server Error (Error: boom)"),
      },
    ],
    [
      "an error with a long trace is told too",
      `throw new Error("boom" + "\\n".repeat(1e5));`,
      {
        ...{ status: 502, type: "text/plain" },
        body: Buffer.from("Internal Server Error (Error: boom)"),
      },
    ],
    [
      "a header that cannot be sent is a failure of the function",
      `stream = from(stream, { headers: { "x a": "1" } }); stream.write("a"); stream.end();`,
      { status: 502, type: "text/plain", body: expect.anything() },
    ],
    [
      "a stream that ends before its prelude is one too",
      `stream = from(stream, { statusCode: 204 }); stream.end();`,
      { status: 502, type: "text/plain", body: expect.anything() },
    ],
  ])("%s", async (_, source, expected) => {
    const lambda = await startWith(source, mode);
    const { status, headers, body, broke } = await see(lambda);
    const { "content-type": type, "set-cookie": cookies } = headers;
    expect({ status, type, body, ...(cookies && { cookies }) }).toEqual(expected);
    expect(broke).toBe(false);
    expect(headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
    // The runtime asks for the next one: nothing hangs.
    await untilPolling(lambda, 1);
  });

  test("a handler that does not stream is answered as ever", async () => {
    const answer = { statusCode: 201, headers: { "x-a": "1" }, body: "hello" };
    const code = codeOf(`export const handler = async () => (${JSON.stringify(answer)});`);
    const { status, headers, body } = await see(await startLambda({ code, ...mode }));
    expect([status, headers["x-a"], body.toString()]).toEqual([201, "1", "hello"]);
  });
});

describe("all at once", () => {
  test.each([
    ["a response of payload format 2.0", { statusCode: 201, body: "made" }, 201, "made"],
    ["any other JSON", { hello: "world" }, 200, '{"hello":"world"}'],
  ])("what a handler streams may be %s", async (_, written, status, body) => {
    const lambda = await startWith(
      `stream.write(${JSON.stringify(JSON.stringify(written))}); stream.end();`,
      BUFFERED,
    );
    const seen = await see(lambda);
    expect([seen.status, seen.body.toString()]).toEqual([status, body]);
    expect(seen.headers["content-type"]).toBe("application/json");
  });

  test.each([
    [
      "an error behind the first byte",
      `stream.write("a"); await wait(50); throw new Error("boom");`,
    ],
    ["more than 6 MB", `stream.end(Buffer.alloc(6 * 1024 * 1024 + 101));`],
  ])("%s fails the whole answer", async (_, source) => {
    const { status, broke } = await see(await startWith(source, BUFFERED));
    expect({ status, broke }).toEqual({ status: 502, broke: false });
  });
});

describe.each(MODELS)("as they come, with $model", (mode) => {
  test("bytes are sent while the handler runs, and its concurrency is not free before it ends", async () => {
    const source = `
      if (event.rawPath === "/go") { globalThis.go?.(); stream.end(); return; }
      stream.write("first");
      await new Promise((resolve) => { globalThis.go = resolve; setTimeout(resolve, 3_000); });
      stream.end("last");`;
    const lambda = await startWith(source, { ...mode, concurrencyLimit: 1, maxConcurrency: 1 });
    const response = await open(lambda);
    const [first] = (await once(response, "data")) as [Buffer];
    expect(first.toString()).toBe("first");
    expect((await see(lambda, "/go")).status).toBe(429);
    const [last] = (await once(response, "data")) as [Buffer];
    expect(last.toString()).toBe("last");
    await once(response, "end");
    await untilPolling(lambda, 1);
    expect((await see(lambda, "/go")).status).toBe(200);
  });

  test.each([
    ["an error", `stream.write("first"); await wait(50); throw new Error("boom");`],
    ["the end of the process", `stream.write("first"); await wait(50); process.exit(1);`],
    ["a stream that is destroyed", `stream.write("first"); await wait(50); stream.destroy();`],
    ["a timeout", `stream.write("first"); await wait(60_000);`],
  ])(
    "%s behind the first byte breaks the connection, and the next request is served",
    async (_, source) => {
      const guarded = `if (event.rawPath === "/next") { stream.end("next"); return; } ${source}`;
      const lambda = await startWith(guarded, { ...mode, timeoutMs: 1_000, environments: 2 });
      const { status, body, broke } = await see(lambda);
      expect({ status, body: body.toString(), broke }).toEqual({
        ...{ status: 200, body: "first", broke: true },
      });
      await waitUntil("room for the next", () => lambda.pool.polling > 0);
      expect((await see(lambda, "/next")).body.toString()).toBe("next");
    },
  );

  test("a caller who goes leaves the handler to its end, and nothing behind", async () => {
    const source = `
      if (event.rawPath === "/was") { stream.end(String(globalThis.was)); return; }
      for (let part = 0; part < 100; part += 1) {
        if (!stream.write(Buffer.alloc(65_536))) await new Promise((go) => stream.once("drain", go));
      }
      stream.end();
      globalThis.was = "finished";`;
    const lambda = await startWith(source, mode);
    const response = await open(lambda);
    await once(response, "data");
    response.destroy();
    await untilPolling(lambda, 1);
    const { body } = await see(lambda, "/was");
    expect(body.toString()).toBe("finished");
  });

  test("more than 6 MB come whole, and no faster than they are taken", async () => {
    const source = `
      let written = 0;
      globalThis.written = () => written;
      for (let part = 0; part < 320; part += 1) {
        const bytes = Buffer.alloc(65_536, part);
        if (!stream.write(bytes)) await new Promise((go) => stream.once("drain", go));
        written += bytes.length;
        console.log("written " + written);
      }
      stream.end();`;
    const lambda = await startWith(source, mode);
    const response = await open(lambda);
    const total = 320 * 65_536;
    const written = () => {
      const lines = lambda.pool.streams().flatMap(({ lines }) => lines.map(({ text }) => text));
      return lines.filter((line) => line.includes("written ")).length * 65_536;
    };
    // Nobody reads: when the buffers on the way are full, the handler waits.
    let before = -1;
    await waitUntil("the handler to wait", async () => {
      const now = written();
      const isStill = now === before && now > 0;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return isStill;
    });
    expect(written()).toBeLessThan(total);
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) size += chunk.length;
    expect(size).toBe(total);
  });

  test("the end of the embedded Lambda breaks what is still sent", async () => {
    const lambda = await startWith(`stream.write(String(process.pid)); await wait(60_000);`, mode);
    const response = await open(lambda);
    const [pid] = (await once(response, "data")) as [Buffer];
    const broken = once(response, "error");
    await lambda.close();
    await broken;
    expect(isAlive(Number(pid))).toBe(false);
  });
});

test("requests at once that stream are served by as many processes", async () => {
  const lambda = await startWith(
    `stream.write(String(process.pid)); await wait(300); stream.end();`,
    STREAM,
  );
  const seen = await Promise.all([see(lambda), see(lambda), see(lambda)]);
  expect(distinct(seen.map(({ body }) => body.toString()))).toBe(3);
});
