import fc from "fast-check";
import { expect, test } from "vitest";
import {
  armingMs,
  burstOf,
  equalStages,
  type Part,
  partNames,
  referencePlan,
  shareOf,
  startOffsets,
} from "./plan.ts";

const indexOf = ({ number, of }: Part) =>
  function* (count: number): Generator<number> {
    for (let index = number - 1; index < count; index += of) yield index;
  };

test("parts share out every request once, and as evenly as can be", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 40 }), (count, of) => {
      const parts = partNames({ number: 1, of }).map((_, index) => ({ number: index + 1, of }));
      const fired = parts.map((part) => [...indexOf(part)(count)]);
      expect(fired.flat().toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
      expect(fired.map(({ length }) => length)).toEqual(parts.map((part) => shareOf(count, part)));
      expect(shareOf(count, { number: 1, of }) - shareOf(count, { number: of, of })).toBeLessThan(
        2,
      );
    }),
  );
});

test("more runners need less time to arm, since each fires fewer requests", () => {
  const [stage] = equalStages(1, 100_000, 100_000, 0);
  const [alone, beside] = [1, 10].map((runners) => stage && armingMs(stage, runners));
  expect(beside).toBeLessThan((alone ?? 0) / 9);
});

test("later runs begin when the earlier ones can be over and their pauses too", () => {
  const stages = equalStages(3, 1_000, 3_000, 60_000);
  const offsets = startOffsets({ ...referencePlan, holdMs: 2_000, stages }, 1);
  expect(offsets[0]).toBe(0);
  for (const [index, stage] of stages.entries()) {
    if (index === 0) continue;
    const apart = (offsets[index] ?? 0) - (offsets[index - 1] ?? 0);
    expect(apart).toBeGreaterThan(3 * 2_000 + 60_000 + 10 * burstOf(stage));
    expect(apart).toBeLessThan(3 * 2_000 + 60_000 + 30_000);
  }
});
