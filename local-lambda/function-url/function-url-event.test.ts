import { expect, test } from "vitest";
import type { UrlRequest } from "../invocation.ts";
import { functionUrlEvent } from "./function-url-event.ts";

const REQUEST: UrlRequest = {
  requestId: "id-1",
  method: "POST",
  target: "/",
  protocol: "HTTP/1.1",
  headers: { host: ["127.0.0.1:9000"], "content-type": ["application/json"] },
  sourceIp: "127.0.0.1",
  port: 9000,
  body: Buffer.from('{"client":"Ana"}'),
  receivedAt: new Date("2026-11-23T19:03:58Z"),
};
const eventOf = (changes: Partial<UrlRequest>) => functionUrlEvent({ ...REQUEST, ...changes });

test("a request becomes an event of payload format 2.0", () => {
  const event = eventOf({
    target: "/a%20b?x=1&x=2&y=%C3%A4",
    headers: {
      host: ["abc.lambda-url.eu-west-1.on.aws"],
      "content-type": ["application/json; charset=utf-8"],
      "user-agent": ["test/1"],
      cookie: ["a=1; b=2", "c=3"],
      accept: ["text/html"],
    },
  });
  expect(event).toEqual({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/a b",
    rawQueryString: "x=1&x=2&y=%C3%A4",
    cookies: ["a=1", "b=2", "c=3"],
    headers: {
      host: "abc.lambda-url.eu-west-1.on.aws",
      "content-type": "application/json; charset=utf-8",
      "user-agent": "test/1",
      accept: "text/html",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-port": "9000",
      "x-amzn-trace-id": expect.stringMatching(/^Root=1-6b048e1e-[0-9a-f]{24}$/),
    },
    queryStringParameters: { x: "1,2", y: "ä" },
    requestContext: {
      accountId: "anonymous",
      apiId: "abc",
      domainName: "abc.lambda-url.eu-west-1.on.aws",
      domainPrefix: "abc",
      http: {
        method: "POST",
        path: "/a b",
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: "test/1",
      },
      requestId: "id-1",
      routeKey: "$default",
      stage: "$default",
      time: "23/Nov/2026:19:03:58 +0000",
      timeEpoch: 1_795_460_638_000,
    },
    body: '{"client":"Ana"}',
    isBase64Encoded: false,
  });
});

const GZIP = { type: "application/json", encoding: "gzip" };
const JSON_BYTES = Buffer.from("{}");

test.each([
  [{ type: "application/x-www-form-urlencoded" }, JSON_BYTES, true],
  [{ type: "application/octet-stream" }, JSON_BYTES, true],
  [{ type: "" }, JSON_BYTES, true],
  [{ type: "text/plain" }, JSON_BYTES, false],
  [{ type: "application/problem+json" }, JSON_BYTES, false],
  [GZIP, Buffer.from([0x1f, 0x8b, 8, 0]), true],
  [GZIP, JSON_BYTES, true],
  [{ type: "application/json" }, Buffer.from([0x22, 0xff, 0x22]), true],
  [{ type: "text/plain; charset=latin1" }, Buffer.from([0xe4]), true],
  [{ type: "text/plain; charset=utf-16le" }, Buffer.from("\ufeffä", "utf16le"), true],
])(
  "a body arrives byte for byte, with %j of %o in base64: %s",
  (declared, body, isBase64Encoded) => {
    const { type, encoding = "identity" } = declared as { type: string; encoding?: string };
    const headers = { "content-type": [type], "content-encoding": [encoding] };
    const event = eventOf({ headers, body });
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? "", isBase64Encoded ? "base64" : "utf8")).toEqual(body);
  },
);

test.each([
  ["two lines", { accept: ["a", "b"] }, { accept: "a,b" }],
  ["one line with two values", { accept: ["a, b"] }, { accept: "a, b" }],
  ["an address", { "x-forwarded-for": ["1.2.3.4"] }, { "x-forwarded-for": "1.2.3.4, 127.0.0.1" }],
  ["a protocol", { "x-forwarded-proto": ["https"] }, { "x-forwarded-proto": "https" }],
  ["a trace", { "x-amzn-trace-id": ["Root=1-a-b"] }, { "x-amzn-trace-id": "Root=1-a-b" }],
])("nothing of a caller's headers is lost: %s", (_, headers, expected) => {
  expect(eventOf({ headers }).headers).toMatchObject(expected);
});

test.each([
  ["/%E0%A4%A", { rawPath: "/%E0%A4%A" }],
  ["/?constructor=1", { queryStringParameters: { constructor: "1" } }],
  ["/?a=b?c", { rawPath: "/", rawQueryString: "a=b?c" }],
])("the target %s keeps all that it says", (target, expected) => {
  expect(eventOf({ target })).toMatchObject(expected);
});

test("no body, no query and no cookies leave no fields", () => {
  const event = eventOf({ body: Buffer.alloc(0) });
  for (const name of ["body", "cookies", "queryStringParameters"]) {
    expect(event).not.toHaveProperty(name);
  }
  expect(event.isBase64Encoded).toBe(false);
});

test("a caller who signed is in the event, and so is the account", () => {
  const identity = {
    accessKey: "AKIDEXAMPLE",
    accountId: "123456789012",
    callerId: "AIDAEXAMPLE",
    userArn: "arn:aws:iam::123456789012:user/ana",
    userId: "AIDAEXAMPLE",
  };
  expect(eventOf({ identity }).requestContext).toMatchObject({
    accountId: "123456789012",
    authorizer: { iam: { ...identity, cognitoIdentity: null, principalOrgId: null } },
  });
});
