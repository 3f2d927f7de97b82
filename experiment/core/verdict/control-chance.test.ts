import fc from "fast-check";
import { expect, test } from "vitest";
import { burst } from "../../../test/conclusions.ts";
import { inputs } from "../../../test/effort.ts";
import {
  isolatedSchedule,
  observe,
  observeByRunners,
  severalRunners,
  type Visit,
} from "../../../test/schedules.ts";
import type { Observation } from "../record-lines.ts";
import { hadChance } from "./conclude.ts";
import { evidenceOf } from "./evidence.ts";

function chanceOf(...runs: readonly Observation[][]): boolean {
  return hadChance(
    runs.map((observations) => {
      const requests = observations.map(evidenceOf);
      return { concurrency: requests.length, holdMs: 1_000, requests };
    }),
  );
}

const LATER: Partial<Visit> = { begin: 1_020, end: 2_020, answeredAt: 2_030 };

test("processes that never serve two at once give a control no chance", () => {
  fc.assert(
    fc.property(isolatedSchedule, severalRunners, (schedule, runners) => {
      const { visits, clockOffsets } = schedule;
      expect(chanceOf(observe(visits, clockOffsets))).toBe(false);
      expect(chanceOf(...observeByRunners(schedule, runners))).toBe(false);
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

test.each<[string, Observation[], boolean]>([
  ["two in one process", observe(burst([0, 0]), []), true],
  [
    "two in one process of two runners, whose clocks may lie",
    observe(burst([0, 0]), []).map((it, index) => ({ ...it, runner: `${index}` })),
    false,
  ],
  ["two that waited for each other", observe([...burst([0]), ...burst([0], LATER)], []), false],
  ["two that the service spread", observe(burst([0, 1]), []), false],
  ["one that was lost", observe(burst([0], { lost: true }), []), false],
  [
    "two in one log stream, whatever they call themselves",
    observe(burst([0, 1]), []).map((it) => ({ ...it, logStream: "a" })),
    true,
  ],
  [
    "two that say nothing of themselves",
    observe(burst([0, 1]), []).map((it) => ({
      ...it,
      response: it.response && { ...it.response, environment: undefined },
    })),
    true,
  ],
])("whether sharing was there to be seen: %s", (_, observations, expected) => {
  expect(chanceOf(observations)).toBe(expected);
});
