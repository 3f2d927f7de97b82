import { expect, test } from "vitest";
import type { LifetimeEstimate } from "../core/verdict/lifetime.ts";
import { lifetimeWords } from "./words.ts";

const survivals = [
  { pauseMs: 30_000, before: 10, after: 10 },
  { pauseMs: 960_000, before: 10, after: 0 },
];

test.each<[LifetimeEstimate, string]>([
  [{ kind: "timeout", aboveMs: 30_000, belowMs: 960_000 }, "idle ones end between 30 s and 16 min"],
  [{ kind: "timeout", aboveMs: 960_000 }, "idle ones live longer than 16 min"],
  [{ kind: "timeout", belowMs: 30_000 }, "idle ones end within 30 s"],
  [{ kind: "half-life", halfLifeMs: 382_113 }, "half of the idle ones end every 380 s or so"],
  [{ kind: "unexplained" }, "neither one timeout nor one half-life explains that"],
])("survivors and what they say, %j, are one sentence", (estimate, words) => {
  expect(lifetimeWords({ survivals, estimate })).toBe(
    `Environments seen again: 10 of 10 after 30 s, 0 of 10 after 16 min; ${words}.`,
  );
});

test("of many pauses the first are told", () => {
  const many = Array.from({ length: 10 }, (_, index) => {
    return { pauseMs: (index + 1) * 1_000, before: 1, after: 1 };
  });
  expect(
    lifetimeWords({ survivals: many, estimate: { kind: "timeout", aboveMs: 10_000 } }),
  ).toMatch(/1 of 1 after 8 s, and so on for 2 more pauses; idle ones live longer than 10 s\.$/);
});
