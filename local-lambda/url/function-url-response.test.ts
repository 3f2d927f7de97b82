import { expect, test } from "vitest";
import { functionError, functionUrlResponse, inShort } from "./function-url-response.ts";

function mapped(returned: unknown) {
  const { statusCode, headers, body } = functionUrlResponse(Buffer.from(JSON.stringify(returned)));
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

test.each([
  [
    "cookies in names that differ by case",
    { headers: { "Set-Cookie": "a=1", "set-cookie": "b=2" } },
    { "set-cookie": ["a=1", "b=2"] },
  ],
  [
    "cookies in both places",
    { headers: { "set-cookie": "a=1" }, cookies: ["b=2"] },
    { "set-cookie": ["a=1", "b=2"] },
  ],
  ["other names that differ by case", { headers: { Vary: "a", vary: "b" } }, { vary: ["a", "b"] }],
  ["a list", { headers: { vary: ["a", "b"] } }, { vary: ["a", "b"] }],
  [
    "one of two content types",
    { headers: { "Content-Type": "text/html", "content-type": "text/plain" } },
    { "content-type": "text/plain" },
  ],
])("of the headers that a function returns are sent: %s", (_, returned, expected) => {
  expect(mapped({ statusCode: 200, ...returned }).headers).toMatchObject(expected);
});

test("a body in base64 is decoded", () => {
  const body = Buffer.from("made").toString("base64");
  expect(mapped({ statusCode: 200, body, isBase64Encoded: true }).body).toBe("made");
});

test.each(["abc", 99, 1_000, null])("the status %j is a failure of the function", (statusCode) => {
  expect(mapped({ statusCode })).toMatchObject({
    statusCode: 502,
    body: `Internal Server Error (Runtime.InvalidResponse: the status code ${JSON.stringify(statusCode)})`,
  });
});

test.each([
  ["a name", { "x a": "1" }],
  ["a value", { "x-a": "1\n2" }],
])("a header with %s that cannot be sent is a failure of the function", (_, headers) => {
  expect(mapped({ statusCode: 200, headers })).toMatchObject({
    statusCode: 502,
    body: expect.stringMatching(/^Internal Server Error \(Runtime\.InvalidResponse: .*["[]x[ -]a/),
  });
});

const WORDS = "word ".repeat(100);

test.each([
  ["what fits is whole", "E: it broke", "E: it broke"],
  ["of several lines the first is said", "E: one\ntwo", "E: one"],
  ["of many words those that fit are whole", WORDS, `${WORDS.slice(0, 299)}…`],
  [
    "a word that begins before the end is left out",
    `${"x".repeat(290)} ${"y".repeat(20)}`,
    `${"x".repeat(290)}…`,
  ],
  ["one endless word is cut", "x".repeat(400), `${"x".repeat(299)}…`],
  ["half a character is none", "😀".repeat(200), `${"😀".repeat(149)}…`],
])("%s", (_, reason, short) => {
  expect(inShort(reason)).toBe(short);
  expect(functionError("E", "m").body.toString()).toBe("Internal Server Error (E: m)");
});
