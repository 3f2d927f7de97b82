import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import {
  componentSizes,
  countDeepest,
  countIntersections,
  firstIntersection,
  type Interval,
  intersect,
} from "./intervals.ts";

/** Small whole numbers, so that equal ends, touching and empty intervals are frequent. */
const anyIntervals = fc.array(
  fc
    .tuple(fc.nat({ max: 20 }), fc.nat({ max: 6 }))
    .map(([from, length]): Interval => ({ from, until: from + length })),
  { maxLength: 30 },
);
const effort = { numRuns: inputs(2_000, 100_000) };

function intersectingPairs(intervals: readonly Interval[]): [Interval, Interval][] {
  return intervals.flatMap((a, index) =>
    intervals
      .slice(index + 1)
      .filter((b) => intersect(a, b))
      .map((b): [Interval, Interval] => [a, b]),
  );
}

test("touching intervals share no moment", () => {
  expect(intersect({ from: 0, until: 1 }, { from: 1, until: 2 })).toBe(false);
});

test("intersecting pairs are counted as comparing every two would", () => {
  fc.assert(
    fc.property(anyIntervals, (intervals) => {
      expect(countIntersections(intervals)).toBe(intersectingPairs(intervals).length);
    }),
    effort,
  );
});

test("the deepest moment is the beginning of one of those that share it", () => {
  fc.assert(
    fc.property(anyIntervals, (intervals) => {
      const filled = intervals.filter(({ from, until }) => from < until);
      const depths = filled.map(
        ({ from }) => filled.filter((other) => other.from <= from && from < other.until).length,
      );
      expect(countDeepest(intervals)).toBe(Math.max(0, ...depths));
    }),
    effort,
  );
});

test("an intersection is found exactly when there is one", () => {
  fc.assert(
    fc.property(anyIntervals, (intervals) => {
      const found = firstIntersection(intervals);
      expect(found !== undefined).toBe(intersectingPairs(intervals).length > 0);
      if (found) expect(intersect(...found)).toBe(true);
    }),
    effort,
  );
});

test("components are those of the pairwise relation", () => {
  fc.assert(
    fc.property(anyIntervals, (intervals) => {
      const filled = intervals.filter(({ from, until }) => from < until);
      const sizes = componentSizes(intervals).sort();
      expect(sizes).toEqual(componentsByComparison(filled).sort());
    }),
    effort,
  );
});

function componentsByComparison(intervals: readonly Interval[]): number[] {
  const unseen = new Set(intervals);
  const sizes: number[] = [];
  for (const start of intervals) {
    if (!unseen.delete(start)) continue;
    const component = [start];
    for (const member of component) {
      for (const other of unseen) {
        if (!intersect(member, other)) continue;
        unseen.delete(other);
        component.push(other);
      }
    }
    sizes.push(component.length);
  }
  return sizes;
}
