import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { parseAnswer } from "../experiment/core/firing/answers.ts";
import { ask, pidOf, startLambda } from "../test/embedded-lambda.ts";
import { serverSocketOf } from "../test/processes.ts";
import type { Answer } from "./contract.ts";

/** Sends requests to the server itself, one after the other over one connection. */
async function startServer() {
  const lambda = await startLambda({ model: "web-function" });
  const socketPath = serverSocketOf(pidOf(await ask(lambda, "Ana")));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return async (method: string, path: string, body = "") => {
    const headers = {
      "lambda-web-request-id": `id of ${path}`,
      "content-length": Buffer.byteLength(body),
    };
    const outgoing = request({ socketPath, agent, method, path, headers }).end(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on("response", resolve).on("error", reject);
    });
    const { statusCode, headers: answered } = response;
    return { statusCode, headers: answered, text: await text(response), outgoing };
  };
}

test("any method and path is answered, with the request's id, and a bad body by its field", async () => {
  const send = await startServer();
  const body = JSON.stringify({ client: "Bo", holdMs: 0 });
  for (const [method, path] of [
    ["PATCH", "/"],
    ["GET", "/a%20b?c=d"],
    ["DELETE", "/index.js"],
  ] as const) {
    const { statusCode, headers, text: answer } = await send(method, path, body);
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    expect(parseAnswer(answer)).toMatchObject({
      answer: { client: "Bo", invocation: { requestId: `id of ${path}` } },
    });
  }
  for (const [bad, field] of [
    ["", "body"],
    ["{", "body"],
    ["{}", "client"],
    ['{"client":"Bo","holdMs":-1}', "holdMs"],
  ] as const) {
    const { statusCode, text: refusal } = await send("POST", "/", bad);
    expect(statusCode).toBe(400);
    expect(JSON.parse(refusal)).toEqual({ message: expect.stringMatching(`^${field}: `) });
  }
  const after = JSON.parse((await send("POST", "/", body)).text) as Answer;
  expect(after.globalData).toMatchObject({ counter: 5, clients: ["Ana", "Bo", "Bo", "Bo", "Bo"] });
});

test("a connection is kept for as long as its other end likes", async () => {
  const send = await startServer();
  const [first, second] = [await send("GET", "/"), await send("HEAD", "/")];
  expect(second.outgoing.reusedSocket).toBe(true);
  for (const { headers } of [first, second]) {
    expect(headers.connection).toBe("keep-alive");
    // A limit of its own it would say here.
    expect(headers).not.toHaveProperty("keep-alive");
  }
  expect(second.text).toBe("");
  expect(second.headers["content-length"]).toBe(first.headers["content-length"]);
});
