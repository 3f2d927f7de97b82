import { expect, test } from "vitest";
import { functionError, functionUrlResponse, inShort } from "./function-url-response.ts";

const JSON_TYPE = { "content-type": "application/json" };
const COOKIES = { "set-cookie": ["a=1", "b=2"] };
const MADE = { statusCode: 201, headers: JSON_TYPE, body: "made" };
const SAID = {
  headers: { "Content-Type": "text/plain", "X-Number": 5 },
  cookies: ["a=1", "b=2"],
};
const SENT = { "content-type": "text/plain", "x-number": "5", ...COOKIES };

test.each([
  ["a text", "hello", { statusCode: 200, headers: JSON_TYPE, body: "hello" }],
  [
    "an object without a status",
    { a: 1 },
    { statusCode: 200, headers: JSON_TYPE, body: '{"a":1}' },
  ],
  ["an object with a status", { statusCode: 201, body: "made" }, MADE],
  ["a body in base64", { statusCode: 201, body: "bWFkZQ==", isBase64Encoded: true }, MADE],
  ["a body that is no text", { statusCode: 201, body: { a: 1 } }, { ...MADE, body: '{"a":1}' }],
  ["no body", { statusCode: "201" }, { ...MADE, body: "" }],
  ["headers and cookies", { statusCode: 201, ...SAID }, { ...MADE, headers: SENT, body: "" }],
])("a function may return %s", (_, returned, expected) => {
  const response = functionUrlResponse(Buffer.from(JSON.stringify(returned)));
  expect({ ...response, body: response.body.toString() }).toEqual(expected);
});

test.each([
  [{ headers: { "Set-Cookie": "a=1", "set-cookie": "b=2" } }, COOKIES],
  [{ headers: { "set-cookie": "a=1" }, cookies: ["b=2"] }, COOKIES],
  [{ headers: { Vary: "a", vary: "b" } }, { vary: ["a", "b"] }],
  [{ headers: { vary: ["a", "b"] } }, { vary: ["a", "b"] }],
  [
    { headers: { "Content-Type": "text/html", "content-type": "text/plain" } },
    { "content-type": "text/plain" },
  ],
])(
  "nothing of headers that a function returns twice is lost but a second type: %j",
  (returned, expected) => {
    const value = JSON.stringify({ statusCode: 200, ...returned });
    expect(functionUrlResponse(Buffer.from(value)).headers).toMatchObject(expected);
  },
);

test.each([
  [{ statusCode: "abc" }, /the status code "abc"/],
  [{ statusCode: 99 }, /the status code 99/],
  [{ statusCode: 1_000 }, /the status code 1000/],
  [{ statusCode: null }, /the status code null/],
  [{ statusCode: 200, headers: { "x a": "1" } }, /\["x a"\]/],
  [{ statusCode: 200, headers: { "x-a": "1\n2" } }, /\["x-a"\]/],
])("what cannot be sent is a failure of the function: %j", (returned, reason) => {
  const { statusCode, body } = functionUrlResponse(Buffer.from(JSON.stringify(returned)));
  expect(statusCode).toBe(502);
  expect(body.toString()).toMatch(/^Internal Server Error \(Runtime\.InvalidResponse: .+\)$/);
  expect(body.toString()).toMatch(reason);
});

test("a caller sees why the function failed", () => {
  expect(functionError("E", "m\n  at").body.toString()).toBe("Internal Server Error (E: m)");
});

const WORDS = "word ".repeat(100);

test.each([
  ["a reason that fits is whole", "E: it broke", "E: it broke"],
  ["of several lines the first is sent", "E: one\ntwo", "E: one"],
  ["of many words those that fit are whole", WORDS, `${WORDS.slice(0, 299)}…`],
  [
    "a word that begins before the end is left out",
    `${"x".repeat(290)} ${"y".repeat(20)}`,
    `${"x".repeat(290)}…`,
  ],
  ["of one endless word the beginning is sent", "x".repeat(400), `${"x".repeat(299)}…`],
  ["half a character is none", "😀".repeat(200), `${"😀".repeat(149)}…`],
])("%s", (_, reason, short) => {
  expect(inShort(reason)).toBe(short);
});
