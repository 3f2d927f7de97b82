import { expect, test } from "vitest";
import { eventsIn } from "../test/events.ts";
import { isCommonValue } from "./common-values.ts";
import { findMarks, marksOf, readAnswer } from "./marks.ts";
import type { CheckedAnswer } from "./reports/report.ts";

test.each([
  ...["application/json", "application/vnd.api+json", "text/html; charset=utf-8", "*/*", "utf-8"],
  ...["POST", "HTTP/1.1", "gzip", "keep-alive", "no-cache", "true", "null", "en-US", "de_DE.UTF-8"],
  ...[
    "127.0.0.1",
    "localhost:3000",
    "2026",
    "1000",
    "86400",
    "5000000",
    "19.99",
    "2.1.0",
    "2026-03-12",
  ],
  ...["2026-03-12T19:03:58.000Z", "19:03:58", "Thu, 12 Mar 2026 19:03:58 GMT"],
])("%s may be written by anybody", (text) => {
  expect(isCommonValue(text)).toBe(true);
});

test.each([
  ...["4711", "ana@example.com", "Ana", "203.0.113.7", "image/ana.png", "ana-bo", "anna-DE-smith"],
  ...["ana.example.com", "/orders/7", "a blue chair", "postman", "2026-4711", "A-1000", "12345600"],
])("%s may name somebody", (text) => {
  expect(isCommonValue(text)).toBe(false);
});

const CONTEXT = {
  routeKey: "PUT /a",
  time: "12/Mar/2026:19:03:58 +0000",
  timeEpoch: 1773342238007,
  http: {
    method: "DELETE",
    path: "/",
    protocol: "HTTP/3",
    sourceIp: "203.0.113.7",
    userAgent: "tool/7",
  },
  authorizer: { jwt: { claims: { sub: "sub-of-ana" } } },
};

test.each<[what: string, event: object, marks: string[]]>([
  [
    "a request, of what says how it is read or sent",
    {
      method: "DELETE",
      query: { format: "json", sort: "created", page: "1000" },
      headers: {
        Accept: "text/csv; header=present, */*",
        "accept-language": "pt-BR,pt;q=0.9",
        "cache-control": "max-age=60",
        "user-agent": "Mozilla/5.0 (X11; Linux)",
        "X-Tenant": "acme",
        origin: "https://acme.example",
      },
      body: { customer: "ana@example.com", isNew: true, locale: "pt-BR", since: "2026-03-12" },
    },
    ["https://acme.example", "ana@example.com", "created", "acme"],
  ],
  [
    "a recorded one, of what the service says",
    { version: "2.0", rawPath: "/", requestContext: CONTEXT },
    ["203.0.113.7", "sub-of-ana"],
  ],
])("marks of %s, are those that may name somebody", (_, event, marks) => {
  expect(marksOf(eventsIn([event, {}]))[0]?.sent).toEqual(marks);
});

test("what the tool itself adds to an event is no mark of it", () => {
  const [ana, bo] = marksOf(
    eventsIn([
      { method: "POST", body: { a: 1 } },
      { version: "2.0", rawPath: "/", requestContext: { http: { method: "GET", path: "/" } } },
    ]),
  );
  expect([ana, bo]).toEqual([
    { sent: [], got: [] },
    { sent: [], got: [] },
  ]);
});

test("words that all answers to one event have are marks, but for those of headers and protocols", () => {
  const answer = (headers: CheckedAnswer["headers"], body: unknown): CheckedAnswer => {
    return { status: 200, headers, body };
  };
  const cookie = "session=aaaa-1111; HttpOnly; SameSite=Lax";
  const answers = [
    answer(
      { "content-type": "application/json", "cache-control": "no-store", "set-cookie": cookie },
      { name: "Anne Alpha", method: "POST", at: "2026-03-12" },
    ),
    answer({ "content-type": "text/plain" }, "fine"),
  ];
  const answered = answers.map((one) => {
    return { alone: [one], readings: new Set(readAnswer(one).flatMap(({ readings }) => readings)) };
  });
  const [ana] = marksOf(eventsIn([{}, {}]), answered);
  expect(ana?.got).toEqual([cookie, "Anne Alpha", "aaaa-1111", "session", "Alpha", "Anne"]);
  const other = answer({ "content-type": "text/html", server: "plain/html" }, "");
  expect(findMarks(readAnswer(other), ["html", "plain"])).toEqual([]);
});
