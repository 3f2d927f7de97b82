import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { eventsIn } from "../test/events.ts";
import { temporaryFile } from "../test/processes.ts";
import { EXAMPLE, parseEvents, readEventsFile, toJsonSchema } from "./events-file.ts";
import { findMarks, foreignMarks, marksOf, readAnswer } from "./marks.ts";
import { toJsonSchema as reportSchema } from "./reports/report.ts";

const publishedText = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const isValid = new Ajv2020().compile(JSON.parse(publishedText("events.schema.json")));

const RECORDED = {
  version: "2.0",
  rawPath: "/orders/4711",
  rawQueryString: "",
  headers: { host: "example.com", authorization: "Bearer secret-of-ana" },
  cookies: ["session=aaaa-1111"],
  requestContext: {
    http: { method: "GET", path: "/orders/4711" },
    authorizer: { jwt: { claims: { sub: "ana-sub" } } },
  },
  isBase64Encoded: false,
};

function validEventsIn(content: unknown) {
  expect(isValid(content)).toBe(true);
  return eventsIn(content);
}

function problemsOf(content: unknown): string[] {
  const read = parseEvents(content);
  return "problems" in read ? read.problems : [];
}

test("the published schemas are those of the code", () => {
  expect(JSON.parse(publishedText("events.schema.json"))).toEqual(toJsonSchema());
  expect(JSON.parse(publishedText("report.schema.json"))).toEqual(reportSchema());
});

test("the example that is printed can be used, and its events have marks", () => {
  const marks = marksOf(validEventsIn(JSON.parse(EXAMPLE)));
  expect(marks[0]?.sent).toEqual(["ana@example.com", "a blue chair", "token-of-ana"]);
});

test("a recorded event is the request that it was made of", () => {
  const recorded = {
    ...RECORDED,
    rawPath: "/a b/100%?/c%2Fd",
    rawQueryString: "page=2&tag=%20",
    headers: { Host: "example.com" },
    body: "AwQ=",
    isBase64Encoded: true,
  };
  const [first] = validEventsIn([recorded, {}]);
  expect(first?.request("the-id")).toMatchObject({
    requestId: "the-id",
    method: "GET",
    target: "/a%20b/100%25%3F/c%2Fd?page=2&tag=%20",
    headers: { host: ["example.com"], cookie: ["session=aaaa-1111"] },
    body: Buffer.from([3, 4]),
  });
});

test("a request reaches the handler as a Function URL hands it over", () => {
  const [first] = validEventsIn([
    {
      method: "PUT",
      path: "/users/Ana Maria",
      query: { page: "2", tag: ["a", "b"] },
      headers: { "X-Team": "blue", cookie: "session=abcd; theme=dark" },
      body: { a: 1 },
    },
    { body: "Aw==", isBase64Encoded: true },
  ]);
  expect(JSON.parse(first?.json("the-id") ?? "")).toMatchObject({
    version: "2.0",
    rawPath: "/users/Ana Maria",
    queryStringParameters: { page: "2", tag: "a,b" },
    cookies: ["session=abcd", "theme=dark"],
    headers: { "x-team": "blue", "content-type": "application/json" },
    requestContext: { http: { method: "PUT" }, requestId: "the-id" },
    body: '{"a":1}',
    isBase64Encoded: false,
  });
});

test("a recorded event reaches the handler as it was recorded", () => {
  const [first] = validEventsIn([
    { name: "Ana", ...RECORDED },
    { ...RECORDED, rawPath: "/orders/4712" },
  ]);
  expect(first?.name).toBe("Ana");
  expect(JSON.parse(first?.json("another-id") ?? "")).toEqual(RECORDED);
});

test("marks are what one request alone has, wherever it stands, and what its author names", () => {
  const requestContext = { http: { method: "GET", path: "/orders/9" } };
  const bo = { ...RECORDED, rawPath: "/orders/9", cookies: ["session=bbbb-2222"], requestContext };
  const [ana] = marksOf(validEventsIn([{ ...RECORDED, marks: ["A1"] }, bo]));
  expect(ana?.sent).toEqual(["/orders/4711", "aaaa-1111", "ana-sub", "4711", "A1"]);
});

test("a mark counts where it stands by itself, and not where an answer alone has it", () => {
  const answer = (body: unknown) => ({ status: 200, headers: {}, body });
  const found = (body: unknown) =>
    findMarks(readAnswer(answer(body)), ["4711"]).map(({ place }) => place);
  expect(found({ a: "order 4711!", b: 4711, "4711": [] })).toEqual([
    "/body/4711",
    "/body/a",
    "/body/b",
  ]);
  expect(found({ a: "847110", b: "x4711" })).toEqual([]);
  expect(foreignMarks(["4711", "4712"], new Set(["4711, 4713"]))).toEqual(["4712"]);
});

test.each<[content: unknown, problem: RegExp]>([
  [{}, /^the file must be a list of 2 to 20 events, and is \{\}$/],
  [[{ Records: [] }, {}], /^events\[0\] is an event of a queue.*, and only requests are taken/],
  [[{}], /^the file must be a list of 2 to 20 events, and is \[\{\}\]$/],
  [[{}, { method: "get" }], /^events\[1\]\.method must be a method in capitals.*, and is "get"$/],
  [[{}, { path: "a" }], /^events\[1\]\.path must be a path that begins with \/.*, and is "a"$/],
  [[{}, { query: { a: 1 } }], /^events\[1\]\.query\.a must be a text or a list .*, and is 1$/],
  [[{}, { url: "/" }], /^events\[1\] has no field "url": there are name, method, path, query,/],
  [[7, {}], /^events\[0\] must be an object with name, method, .*, and is 7$/],
  [[{}, { marks: "ab" }], /^events\[1\]\.marks must be a list of texts .*, and is "ab"$/],
  [[{}, { body: 1, isBase64Encoded: true }], /^events\[1\]\.body must be a text of base64/],
  [[{ name: "a" }, { name: "a" }], /^events\[1\]\.name "a" is taken$/],
  [[{}, { ...RECORDED, version: "1.0" }], /^events\[1\]\.version must be "2\.0".*, and is "1\.0"$/],
  [
    [{}, { ...RECORDED, requestContext: {} }],
    /^events\[1\]\.requestContext\.http must be an object/,
  ],
])("%j is refused with what may stand there", (content, problem) => {
  expect(problemsOf(content)[0]).toMatch(problem);
});

test("a file that cannot be read is refused with its path", () => {
  const path = temporaryFile("events.json", "[");
  expect(readEventsFile(path)).toEqual({
    problems: [expect.stringMatching(`^${path} is not JSON: `)],
  });
});
