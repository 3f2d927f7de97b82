import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { eventsIn } from "../test/events.ts";
import type { CheckedAnswer } from "./reports/report.ts";
import { Known, shareVolatile } from "./symptoms.ts";

function knownAt(path: string, bodies: readonly unknown[], status = 200): Known {
  const [event] = eventsIn([{ path }, {}]);
  assert(event);
  const known = new Known(event);
  for (const body of bodies) {
    const answer: CheckedAnswer = { status, headers: {}, body };
    const served = [{ answer, waited: true, overlapped: new Set<number>() }];
    known.addAlone({ served, mostAtOnce: 1, isLate: false, log: [], requestIds: [] });
  }
  return known;
}

const SLOW_NOW_AND_THEN = [
  { user: "a", slow: true },
  { user: "a", slow: false },
];

test.each<[what: string, path: string, body: unknown, volatile: string[]]>([
  [
    "an event alike, by chance the same each time",
    "/users/b",
    { user: "b", slow: true },
    ["/body/slow"],
  ],
  ["a request of something else", "/teams/b", { user: "b", slow: true }, []],
  ["an answer that is made otherwise", "/users/b", { user: "b", slow: true, more: 1 }, []],
  ["a value of another type", "/users/b", { user: 7, slow: true }, []],
])("what differs each time is not compared for %s, and no other", (_, path, body, volatile) => {
  const other = knownAt(path, [body, body]);
  shareVolatile([knownAt("/users/a", SLOW_NOW_AND_THEN), other]);
  expect([...other.volatile]).toEqual(volatile);
});

test("answers that failed now and then say nothing of the others", () => {
  const known = knownAt("/users/a", [{ user: "a" }]);
  const failed: CheckedAnswer = { status: 503, headers: {}, body: "busy" };
  const served = [{ answer: failed, waited: true, overlapped: new Set<number>() }];
  known.addAlone({ served, mostAtOnce: 1, isLate: false, log: ["why"], requestIds: [] });
  expect(known).toMatchObject({ failures: 1, alwaysFails: false, failureLog: { log: ["why"] } });
  expect(known.volatile.size).toBe(0);
  expect(known.reference.status).toBe(200);
});
