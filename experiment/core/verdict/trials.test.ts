import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import {
  isolatedSchedule,
  observe,
  observeByRunners,
  type Schedule,
  severalRunners,
} from "../../../test/schedules.ts";
import { countTrials, upperBound } from "./conclude.ts";
import { evidenceOf, type Identified, isIdentified } from "./evidence.ts";
import { componentSizes } from "./intervals.ts";

function identifiedOf({ visits, clockOffsets }: Schedule): Identified[] {
  return observe(visits, clockOffsets).map(evidenceOf).filter(isIdentified);
}

test("trials are those of the pairwise definition and never more than the truth", () => {
  fc.assert(
    fc.property(isolatedSchedule, (schedule) => {
      const trials = countTrials(identifiedOf(schedule));
      expect(trials).toBe(trialsByDefinition(identifiedOf(schedule)));
      const truth = schedule.visits.map(({ begin, end }) => ({ from: begin, until: end }));
      const possible = componentSizes(truth).reduce((sum, size) => sum + size - 1, 0);
      expect(trials).toBeLessThanOrEqual(possible);
    }),
    { numRuns: inputs(1_000, 100_000) },
  );
});

test("trials of several runners are those of each one alone", () => {
  fc.assert(
    fc.property(isolatedSchedule, severalRunners, (schedule, runners) => {
      const [first = [], second = []] = observeByRunners(schedule, runners);
      for (const run of [first, second]) {
        const items = run.map(evidenceOf).filter(isIdentified);
        const each = runners.ends.map((_, runner) => {
          return trialsByDefinition(items.filter((item) => item.runner === `runner ${runner}`));
        });
        expect(countTrials(items)).toBe(each.reduce((sum, trials) => sum + trials, 0));
      }
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

/** Groups by the definition's own words, comparing every two. */
function trialsByDefinition(items: readonly Identified[]): number {
  const left = items.flatMap((item) => {
    const duration = item.report.leftAt - item.report.enteredAt;
    const latestBegin = item.answeredAt - duration;
    const earliestEnd = item.sentAt + duration;
    return latestBegin >= earliestEnd ? [] : [{ latestBegin, earliestEnd }];
  });
  let trials = 0;
  while (left.length > 0) {
    const component = left.splice(0, 1);
    for (const member of component) {
      for (let index = left.length - 1; index >= 0; index--) {
        const other = left[index];
        if (!other) continue;
        const certain =
          member.latestBegin < other.earliestEnd && other.latestBegin < member.earliestEnd;
        if (certain) component.push(...left.splice(index, 1));
      }
    }
    trials += component.length - 1;
  }
  return trials;
}

test.each([
  [4, 0.53],
  [8, 0.31],
  [99, 0.03],
  [999, 0.003],
])("%d trials without sharing bound it by %d", (trials, bound) => {
  expect(upperBound(trials)).toBeCloseTo(bound, 2);
});
