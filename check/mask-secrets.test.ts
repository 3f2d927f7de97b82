import { expect, test } from "vitest";
import { eventsIn } from "../test/events.ts";
import { marksOf } from "./marks.ts";
import { Secrets } from "./mask-secrets.ts";
import type { CheckedAnswer } from "./reports/report.ts";

const TOKEN = (user: string) =>
  `x.${Buffer.from(JSON.stringify({ sub: `${user}-1` })).toString("base64url")}.x`;
const answer = (cookie: string): CheckedAnswer => {
  return { status: 200, headers: { "set-cookie": cookie }, body: "" };
};

test("in place of a secret stands whose it is, and in place of what is read in one", () => {
  const events = eventsIn(
    ["ana", "bo"].map((name) => ({
      name,
      headers: { authorization: `Bearer ${TOKEN(name)}`, cookie: `sid=session of ${name}` },
      body: { user: name === "ana" ? "ana@example.com" : "bo@example.com" },
    })),
  );
  const marks = marksOf(events);
  const alone = [
    [answer("u=ana@example.com; Path=/"), answer("u=ana@example.com; Path=/")],
    [answer("u=1"), answer("u=2")],
  ];
  const owners = events.map((event, at) => {
    return { event, marks: marks[at]?.sent ?? [], alone: alone[at] ?? [] };
  });
  const secrets = new Secrets(owners, alone.flat());
  expect(secrets.masked({ a: [TOKEN("bo"), "to bo-1"], b: "session%20of%20ana" })).toEqual({
    a: ["[authorization of bo]", "to [authorization of bo]"],
    b: "[cookie sid of ana]",
  });
  const setCookie = "/headers/set-cookie";
  expect(secrets.maskedAt(setCookie, "u=ana@example.com; Path=/")).toBe(
    "u=[set-cookie u of ana]; Path=/",
  );
  // What its request has elsewhere is no secret there.
  expect(secrets.masked("ana@example.com")).toBe("ana@example.com");
  expect([alone[1]?.[0], alone[1]?.[1]].map((one) => one && secrets.maskedAnswer(one))).toEqual([
    answer("u=[set-cookie u 2]"),
    answer("u=[set-cookie u 3]"),
  ]);
});
