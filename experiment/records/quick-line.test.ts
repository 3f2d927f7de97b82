import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { isolatedSchedule, observe } from "../../test/schedules.ts";
import type { Observation } from "../core/record-lines.ts";
import { evidenceOf } from "../core/verdict/evidence.ts";
import { readQuickly } from "./quick-line.ts";
import { parseLine } from "./read-record.ts";

const effort = { numRuns: inputs(2_000, 100_000) };

/** Lines of answered requests, with texts and numbers of all kinds. */
const answeredLine = fc
  .record({
    schedule: isolatedSchedule,
    client: fc.oneof(fc.constant("Zoë 🙂"), fc.string({ unit: "binary" })),
    sentAt: fc.oneof(
      fc.integer({ min: -1_000, max: 1e9 }).map((value) => value / 1_000),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    status: fc.option(fc.nat(), { nil: undefined }),
    memoryMb: fc.option(fc.nat(), { nil: undefined }),
    dropped: fc.option(fc.nat(), { nil: undefined }),
    index: fc.nat(),
  })
  .map(({ schedule, client, sentAt, status, memoryMb, dropped, index }) => {
    const all = observe(schedule.visits, schedule.clockOffsets);
    const [observation] = all.filter(({ outcome }) => outcome === "ok");
    if (!observation?.response?.environment) return "";
    const { response } = observation;
    const { architecture, ...environment } = observation.response.environment;
    const { type, run, outcome, answeredAt } = observation;
    // In the order in which the runner writes.
    return JSON.stringify({
      type,
      run,
      index,
      client,
      outcome,
      status,
      requestId: "id",
      sentAt,
      answeredAt,
      response: {
        ...response,
        client,
        globalData: { ...response.globalData, dropped },
        environment: { ...environment, memoryMb, architecture },
      },
    });
  });

/** What is cut, put in or changed at some place of a line. */
const damage = fc.record({
  at: fc.nat({ max: 2_000 }),
  cut: fc.nat({ max: 3 }),
  put: fc.oneof(
    fc.constantFrom("", "-", "0", "00", "1e999", ".", '"', "\\", "{", "}", ",", "null", " ", "\t"),
    fc.string({ unit: "binary", maxLength: 3 }),
  ),
});

function damaged(line: string, { at, cut, put }: { at: number; cut: number; put: string }): string {
  const place = line.length === 0 ? 0 : at % line.length;
  return line.slice(0, place) + put + line.slice(place + cut);
}

function expectSameAsTheLongWay(line: string): void {
  const quick = readQuickly(line);
  if (!quick) return;
  const whole = parseLine(line);
  expect(whole, line).toMatchObject({ type: "observation" });
  expect(evidenceOf(quick)).toEqual(evidenceOf(whole as Observation));
}

test("what is read the short way is what the schema would have read", () => {
  fc.assert(fc.property(answeredLine, expectSameAsTheLongWay), effort);
});

test("no line is taken that the schema would refuse, whatever was done to it", () => {
  fc.assert(
    fc.property(answeredLine, fc.array(damage, { minLength: 1, maxLength: 3 }), (line, damages) => {
      expectSameAsTheLongWay(damages.reduce(damaged, line));
    }),
    effort,
  );
});

test("the lines that the runner writes are read the short way", () => {
  const visit = { process: 0, thread: 0, begin: 10, end: 1_010, sentAt: 0, answeredAt: 1_020.5 };
  const [observation] = observe([{ ...visit, lost: false }], [0.25]);
  expect(readQuickly(JSON.stringify(observation))).toBeDefined();
});
