import { request } from "node:http";
import { expect, test } from "vitest";
import { codeOf, startLambda } from "../../test/embedded-lambda.ts";

const START = { concurrencyLimit: 1 };

test.each([
  ["HEAD", { statusCode: 200, body: "hello" }, "5"],
  ["HEAD", { statusCode: 200, headers: { "Content-Length": "7" } }, "7"],
  ["HEAD", { statusCode: 200 }, undefined],
  ["GET", { statusCode: 204, body: "lost" }, undefined],
  ["GET", { statusCode: 304 }, undefined],
  ["GET", { statusCode: 200 }, "0"],
])("to %s with %j the content length %s is stated", async (method, returned, expected) => {
  const source = `export const handler = async () => (${JSON.stringify(returned)});`;
  const lambda = await startLambda({ ...START, code: codeOf(source) });
  const seen = await new Promise((resolve, reject) => {
    const outgoing = request(lambda.url, { method }, ({ statusCode, headers }) =>
      resolve({ statusCode, length: headers["content-length"] }),
    );
    outgoing.on("error", reject).end();
  });
  expect(seen).toEqual({ statusCode: returned.statusCode, length: expected });
});

const MB = 1024 * 1024;

test.each([
  ["bytes that are too many as base64", 5 * MB, "application/octet-stream", 413],
  ["bytes that are few enough", 4 * MB, "application/octet-stream", 200],
  ["a text of as many", 5 * MB, "text/plain", 200],
])("%s: the limit is one of the event", async (_, size, type, status) => {
  const source = "export const handler = async ({ body }) => String(body.length);";
  const lambda = await startLambda({ ...START, code: codeOf(source) });
  const response = await fetch(lambda.url, {
    method: "POST",
    headers: { "content-type": type },
    body: Buffer.alloc(size, "a"),
  });
  expect(response.status).toBe(status);
  expect(lambda.pool.environments).toHaveLength(status === 200 ? 1 : 0);
});

test("what a caller sends in two lines is joined as AWS documents it, and the caller is named", async () => {
  const source = "export const handler = async ({ headers }) => headers;";
  const lambda = await startLambda({ ...START, code: codeOf(source) });
  const body = await new Promise<string>((resolve, reject) => {
    const headers = { "x-sent": ["a", "b"] };
    request(lambda.url, { headers }, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve(text);
    })
      .on("error", reject)
      .end();
  });
  expect(JSON.parse(body)).toMatchObject({
    "x-sent": "a,b",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-port": lambda.url.port,
    "x-amzn-trace-id": expect.stringMatching(/^Root=1-/),
  });
});
