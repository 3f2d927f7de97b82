import { expect, test } from "vitest";
import { functionUrlEvent, type UrlRequest } from "./function-url-event.ts";

type Headers = Record<string, string | string[]>;

function eventOf(changes: Partial<Omit<UrlRequest, "headers">> & { headers?: Headers } = {}) {
  const { headers = { host: "127.0.0.1:9000", "content-type": "application/json" }, ...others } =
    changes;
  const distinct = Object.entries(headers).map(([name, values]) => [name, [values].flat()]);
  return functionUrlEvent({
    requestId: "id-1",
    method: "POST",
    target: "/",
    protocol: "HTTP/1.1",
    sourceIp: "127.0.0.1",
    port: 9000,
    body: Buffer.from('{"client":"Ana"}'),
    receivedAt: new Date("2026-11-23T19:03:58Z"),
    ...others,
    headers: Object.fromEntries(distinct),
  });
}

test("a request becomes an event of payload format 2.0", () => {
  const event = eventOf({
    target: "/a%20b?x=1&x=2&y=%C3%A4",
    headers: {
      host: "abc.lambda-url.eu-west-1.on.aws",
      "content-type": "application/json; charset=utf-8",
      "user-agent": "test/1",
      cookie: "a=1; b=2",
      accept: "text/html",
    },
  });
  expect(event).toEqual({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/a b",
    rawQueryString: "x=1&x=2&y=%C3%A4",
    cookies: ["a=1", "b=2"],
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

test.each([
  ["application/x-www-form-urlencoded", true],
  ["application/octet-stream", true],
  ["", true],
  ["text/plain", false],
  ["application/problem+json", false],
])("a body of type %j arrives as base64: %s", (type, isBase64Encoded) => {
  const event = eventOf({ headers: { "content-type": type } });
  expect(event.isBase64Encoded).toBe(isBase64Encoded);
  expect(Buffer.from(event.body ?? "", isBase64Encoded ? "base64" : "utf8").toString()).toBe(
    '{"client":"Ana"}',
  );
});

const type = (name: string) => ({ "content-type": name });
const GZIP = { ...type("application/json"), "content-encoding": "gzip" };

test.each([
  ["JSON that is compressed", GZIP, Buffer.from([0x1f, 0x8b, 8, 0])],
  ["JSON that says it is compressed", GZIP, Buffer.from("{}")],
  ["JSON that is not UTF-8", type("application/json"), Buffer.from([0x22, 0xff, 0x22])],
  ["text in Latin-1", type("text/plain; charset=latin1"), Buffer.from([0xe4])],
  ["text in UTF-16", type("text/plain; charset=utf-16le"), Buffer.from("\ufeffä", "utf16le")],
])("%s arrives byte for byte, as base64", (_, headers, body) => {
  const event = eventOf({ headers, body });
  expect(event.isBase64Encoded).toBe(true);
  expect(Buffer.from(event.body ?? "", "base64")).toEqual(body);
});

test.each([
  ["two lines", { accept: ["a", "b"] }, { accept: "a,b" }],
  ["one line with two values", { accept: "a, b" }, { accept: "a, b" }],
  ["an address", { "x-forwarded-for": "1.2.3.4" }, { "x-forwarded-for": "1.2.3.4, 127.0.0.1" }],
  ["a protocol", { "x-forwarded-proto": "https" }, { "x-forwarded-proto": "https" }],
  ["a trace", { "x-amzn-trace-id": "Root=1-a-b" }, { "x-amzn-trace-id": "Root=1-a-b" }],
])("of a caller's headers nothing is lost: %s", (_, headers, expected) => {
  expect(eventOf({ headers }).headers).toMatchObject(expected);
});

test("cookies of several lines are all cookies, and no header", () => {
  const { cookies, headers } = eventOf({ headers: { cookie: ["a=1; b=2", "c=3"] } });
  expect(cookies).toEqual(["a=1", "b=2", "c=3"]);
  expect(headers).not.toHaveProperty("cookie");
});

test("no body, no query and no cookies leave no fields", () => {
  const event = eventOf({ body: Buffer.alloc(0) });
  expect(Object.keys(event)).not.toEqual(
    expect.arrayContaining(["body", "cookies", "queryStringParameters"]),
  );
  expect(event.isBase64Encoded).toBe(false);
});

test("a path that cannot be decoded is passed on as it came", () => {
  expect(eventOf({ target: "/%E0%A4%A" }).rawPath).toBe("/%E0%A4%A");
});

test("a parameter may be named like a property of every object", () => {
  expect(eventOf({ target: "/?constructor=1" }).queryStringParameters).toEqual({
    constructor: "1",
  });
});

test("a caller who signed is in the event, and so is the account", () => {
  const iam = {
    accessKey: "AKIDEXAMPLE",
    accountId: "123456789012",
    callerId: "AIDAEXAMPLE",
    userArn: "arn:aws:iam::123456789012:user/ana",
    userId: "AIDAEXAMPLE",
  };
  const { requestContext } = eventOf({ identity: iam });
  expect(requestContext.accountId).toBe("123456789012");
  expect(requestContext.authorizer).toEqual({
    iam: { ...iam, cognitoIdentity: null, principalOrgId: null },
  });
  const organized = eventOf({ identity: { ...iam, principalOrgId: "o-1" } });
  expect(organized.requestContext.authorizer?.iam.principalOrgId).toBe("o-1");
});

test("where nobody needs to sign nobody is known", () => {
  expect(eventOf().requestContext).toMatchObject({ accountId: "anonymous" });
  expect(eventOf().requestContext).not.toHaveProperty("authorizer");
});
