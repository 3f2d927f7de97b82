import { expect, test } from "vitest";
import { FUNCTION_ERROR, functionUrlResponse } from "./function-url-response.ts";

function mapped(returned: unknown) {
  const { statusCode, headers, body } = functionUrlResponse(JSON.stringify(returned));
  return { statusCode, headers, body: body.toString() };
}

test("a text is the body of a 200 as it is", () => {
  expect(mapped("hello")).toEqual({
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: "hello",
  });
});

test("an object without a status is the body of a 200 as JSON", () => {
  expect(mapped({ hello: "world" })).toMatchObject({ statusCode: 200, body: '{"hello":"world"}' });
});

test("an object with a status stands for the response", () => {
  expect(
    mapped({
      statusCode: 201,
      headers: { "Content-Type": "text/plain", "X-Number": 5 },
      cookies: ["a=1", "b=2"],
      body: "made",
    }),
  ).toEqual({
    statusCode: 201,
    headers: { "content-type": "text/plain", "x-number": "5", "set-cookie": ["a=1", "b=2"] },
    body: "made",
  });
});

test("a body in base64 is decoded", () => {
  const body = Buffer.from("made").toString("base64");
  expect(mapped({ statusCode: 200, body, isBase64Encoded: true }).body).toBe("made");
});

test.each(["abc", 99, 1_000, null])("the status %j is a failure of the function", (statusCode) => {
  expect(functionUrlResponse(JSON.stringify({ statusCode }))).toBe(FUNCTION_ERROR);
});
