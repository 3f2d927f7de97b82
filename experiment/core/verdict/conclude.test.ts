import fc from "fast-check";
import { expect, test } from "vitest";
import { burst, concludeRuns, concludeSchedule } from "../../../test/conclusions.ts";
import { inputs } from "../../../test/effort.ts";
import {
  isolatedSchedule,
  observe,
  observeByRunners,
  severalRunners,
  type Visit,
} from "../../../test/schedules.ts";
import type { Conclusion } from "../record-lines.ts";
import { concludeExperiment, withControl } from "./conclude.ts";
import { evidenceOf } from "./evidence.ts";

const effort = { numRuns: inputs(1_000, 100_000) };

test("processes that never serve two at once are never called shared", () => {
  fc.assert(
    fc.property(isolatedSchedule, (schedule) => {
      const conclusion = concludeSchedule(schedule);
      expect(conclusion.verdict).toBe(conclusion.trials > 0 ? "isolated" : "inconclusive");
      expect(conclusion.overlaps).toBe(0);
      expect(conclusion.mixed).toBe(0);
      if (conclusion.verdict === "inconclusive") expect(conclusion.reason).toMatch(/\w+\. \w+/);
    }),
    effort,
  );
});

/** An isolated schedule into which one more visit is put beside one that is there. */
const overlappingSchedule = fc
  .tuple(
    isolatedSchedule,
    fc.nat(),
    fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([{ visits, clockOffsets }, chosen, share, oneThread, lost]) => {
    const host = visits[chosen % visits.length] as Visit;
    const begin = host.begin + (host.end - host.begin) * share;
    const guest: Visit = {
      ...host,
      thread: oneThread ? host.thread : 1,
      sentAt: begin - 1,
      begin,
      end: begin + 1_000,
      answeredAt: begin + 1_005,
      lost: lost && oneThread,
    };
    const others = visits.map((visit) => (visit === host ? { ...host, lost: false } : visit));
    return { visits: [...others, guest], clockOffsets, oneThread };
  });

test("a single overlap is always found, even when the partner's answer was lost", () => {
  fc.assert(
    fc.property(overlappingSchedule, ({ oneThread, ...schedule }) => {
      const conclusion = concludeSchedule(schedule);
      expect(conclusion.verdict).toBe("shared");
      expect(conclusion.sharing).toBe(oneThread ? "globals" : "process");
      expect(conclusion.witness?.first).toBeDefined();
      expect(conclusion.bound).toBeUndefined();
    }),
    effort,
  );
});

/** What follows from evidence, whoever holds the clock. */
function withoutTimes({ trials: _, warmTrials: __, bound, reason, ...rest }: Conclusion) {
  const { verdict, wallMs, skewMs, witness, ...counted } = rest;
  return { ...counted, isShared: verdict === "shared" };
}

test("several runners, however their clocks differ, come to the verdict of one", () => {
  const schedule = fc.oneof(isolatedSchedule, overlappingSchedule);
  fc.assert(
    fc.property(schedule, severalRunners, ({ visits, clockOffsets }, runners) => {
      const one = concludeSchedule({ visits, clockOffsets });
      const several = concludeRuns(observeByRunners({ visits, clockOffsets }, runners));
      expect(withoutTimes(several)).toEqual(withoutTimes(one));
      expect(several.trials).toBeLessThanOrEqual(one.trials);
      expect(several.warmTrials).toBeLessThanOrEqual(one.warmTrials);
      expect(several.reason ?? "").not.toMatch(/contradict/);
      const otherwise = several.trials > 0 ? "isolated" : "inconclusive";
      expect(several.verdict).toBe(one.verdict === "shared" ? "shared" : otherwise);
    }),
    effort,
  );
});

test("of a burst, each runner but one costs a trial", () => {
  const processes = fc.integer({ min: 2, max: 30 }).map((count) => [...Array(count).keys()]);
  fc.assert(
    fc.property(processes, severalRunners, (inProcesses, runners) => {
      const schedule = { visits: burst(inProcesses), clockOffsets: [] };
      const firing = new Set(runners.ofVisits.slice(0, inProcesses.length));
      const { trials } = concludeRuns(observeByRunners(schedule, runners));
      expect(trials).toBe(inProcesses.length - firing.size);
    }),
    { numRuns: inputs(200, 5_000) },
  );
});

test("five at once in five processes are four trials and a bound of 53 %", () => {
  const conclusion = concludeSchedule({ visits: burst([0, 1, 2, 3, 4]), clockOffsets: [] });
  expect(conclusion).toMatchObject({
    verdict: "isolated",
    environments: 5,
    processes: 5,
    instances: 5,
    coldStarts: 5,
    trials: 4,
    warmTrials: 0,
    outcomes: { ok: 5 },
    wallMs: 1_024,
  });
  expect(conclusion.bound).toBeCloseTo(0.527, 3);
});

test("the witnesses of shared globals say when each was inside, by one clock", () => {
  const conclusion = concludeSchedule({ visits: burst([0, 0]), clockOffsets: [123_456] });
  expect(conclusion).toMatchObject({
    verdict: "shared",
    sharing: "globals",
    overlaps: 1,
    mixed: 1,
  });
  expect(conclusion.witness).toMatchObject({
    first: { client: "client 0", enteredMs: 0, leftMs: 1_000 },
    second: { client: "client 1", enteredMs: 1, leftMs: 1_001 },
  });
});

test("two runs on the same environments add their trials up, and memory shows", () => {
  const first = burst([0, 1, 2, 3, 4]);
  const second = first.map((visit) => ({
    ...visit,
    begin: visit.begin + 9_000,
    end: visit.end + 9_000,
  }));
  const all = observe([...first, ...second], []);
  const runs = [all.slice(0, 5), all.slice(5).map((item) => ({ ...item, run: "s" }))].map(
    (observations) => ({
      concurrency: 5,
      holdMs: 1_000,
      requests: observations.map(evidenceOf),
    }),
  );
  expect(concludeExperiment(runs)).toMatchObject({
    verdict: "isolated",
    environments: 5,
    trials: 8,
    warmTrials: 4,
    memory: "kept",
    outcomes: { ok: 10 },
  });
});

const ISOLATED: Conclusion = {
  ...concludeExperiment([]),
  verdict: "isolated",
  reason: undefined,
  bound: 0.53,
};
const SHARED: Conclusion = { ...ISOLATED, verdict: "shared", sharing: "globals", bound: undefined };
const BLIND: Conclusion = {
  ...ISOLATED,
  verdict: "inconclusive",
  reason: "The hold of 100 ms was shorter than the cold start. Raise it above 1 s.",
};

test("a control that showed sharing leaves the verdict as it is, and so does none", () => {
  expect(withControl(ISOLATED, SHARED)).toBe(ISOLATED);
  expect(withControl(ISOLATED, undefined)).toBe(ISOLATED);
});

test.each([
  ["inconclusive", BLIND, /showed no sharing.* The hold of 100 ms was shorter/],
  ["isolated", ISOLATED, /showed no sharing.* Its requests did not overlap\.$/],
])("a control that was %s makes isolation inconclusive, and says why", (_, control, reason) => {
  const conclusion = withControl(ISOLATED, control);
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(reason);
  expect(conclusion).not.toHaveProperty("bound");
});

test("proof of sharing stands whatever a control said", () => {
  expect(withControl(SHARED, BLIND)).toBe(SHARED);
});
