import { expect, test } from "vitest";
import { codeOf, sendAsIs, startLambda } from "../../test/embedded-lambda.ts";

/** Answers with what the query asks for, or with the event's headers. */
const SOURCE = `
  export const handler = async ({ queryStringParameters, headers }) =>
    queryStringParameters?.answer ? JSON.parse(queryStringParameters.answer) : { headers };`;

const start = () => startLambda({ concurrencyLimit: 1, code: codeOf(SOURCE) });

test("the content length of an answer without a body is what GET would get, or none", async () => {
  const lambda = await start();
  const cases = [
    ["HEAD", { statusCode: 200, body: "hello" }, "5"],
    ["HEAD", { statusCode: 200, headers: { "Content-Length": "7" } }, "7"],
    ["HEAD", { statusCode: 200 }, undefined],
    ["GET", { statusCode: 204, body: "lost" }, undefined],
    ["GET", { statusCode: 304 }, undefined],
    ["GET", { statusCode: 200 }, "0"],
  ] as const;
  for (const [method, returned, expected] of cases) {
    const path = `/?answer=${encodeURIComponent(JSON.stringify(returned))}`;
    const { status, headers } = await sendAsIs(lambda, { method, path });
    expect([status, headers["content-length"]]).toEqual([returned.statusCode, expected]);
  }
});

test("what a caller sends in two lines is joined as AWS documents it, and the caller is named", async () => {
  const lambda = await start();
  const { body } = await sendAsIs(lambda, { headers: { "x-sent": ["a", "b"] } });
  expect(JSON.parse(body).headers).toMatchObject({
    "x-sent": "a,b",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-port": lambda.url.port,
  });
});

test("the limit of a request is one of its event, which is larger than what came", async () => {
  const lambda = await start();
  const statusOf = async (type: string, megabytes: number) => {
    const headers = { "content-type": type };
    const body = Buffer.alloc(megabytes * 1024 ** 2, "a");
    return (await sendAsIs(lambda, { method: "POST", headers }, body)).status;
  };
  expect(await statusOf("application/octet-stream", 5)).toBe(413);
  expect(await statusOf("application/octet-stream", 4)).toBe(200);
  expect(await statusOf("text/plain", 5)).toBe(200);
});
