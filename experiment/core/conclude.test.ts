import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../test/effort.ts";
import { isolatedSchedule, observe, type Schedule, type Visit } from "../../test/schedules.ts";
import { concludeExperiment, concludeRun } from "./conclude.ts";
import { evidenceOf, type Identified, isIdentified } from "./evidence.ts";
import { componentSizes } from "./intervals.ts";
import type { Conclusion, Observation } from "./record-lines.ts";
import { countTrials, upperBound } from "./trials.ts";

const effort = { numRuns: inputs(1_000, 100_000) };

function conclude(observations: readonly Observation[], holdMs = 1_000): Conclusion {
  const requests = observations.map(evidenceOf);
  return concludeRun({ concurrency: observations.length, holdMs, requests });
}

function concludeSchedule({ visits, clockOffsets }: Schedule): Conclusion {
  return conclude(observe(visits, clockOffsets));
}

function identifiedOf({ visits, clockOffsets }: Schedule): Identified[] {
  return observe(visits, clockOffsets).map(evidenceOf).filter(isIdentified);
}

/** Five at once, each in a process of its own unless said otherwise. */
function burst(processes: readonly number[], changes: Partial<Visit> = {}): Visit[] {
  return processes.map((process, index) => ({
    process,
    thread: 0,
    sentAt: 0,
    begin: 10 + index,
    end: 1_010 + index,
    answeredAt: 1_020 + index,
    lost: false,
    ...changes,
  }));
}

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

test("trials are those of the pairwise definition and never more than the truth", () => {
  fc.assert(
    fc.property(isolatedSchedule, (schedule) => {
      const trials = countTrials(identifiedOf(schedule));
      expect(trials).toBe(trialsByDefinition(identifiedOf(schedule)));
      const truth = schedule.visits.map(({ begin, end }) => ({ from: begin, until: end }));
      const possible = componentSizes(truth).reduce((sum, size) => sum + size - 1, 0);
      expect(trials).toBeLessThanOrEqual(possible);
    }),
    effort,
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

test.each([
  [4, 0.53],
  [8, 0.31],
  [99, 0.03],
  [999, 0.003],
])("%d trials without sharing bound it by %d", (trials, bound) => {
  expect(upperBound(trials)).toBeCloseTo(bound, 2);
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

function without(observation: Observation, field: "environment" | "invocation"): Observation {
  const { response } = observation;
  return response ? { ...observation, response: { ...response, [field]: undefined } } : observation;
}

test("one answer without identity makes isolation inconclusive, and says so", () => {
  const [first, ...others] = observe(burst([0, 1, 2]), []);
  const conclusion = conclude([without(first as Observation, "environment"), ...others]);
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(/^1 of 3 answers did not say which environment/);
});

test("a hold shorter than the cold start is inconclusive, and says how long would do", () => {
  const slow = burst([0, 1, 2], { begin: 7_300, end: 8_300, answeredAt: 8_310 });
  const conclusion = concludeSchedule({ visits: slow, clockOffsets: [] });
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toBe(
    "The hold of 1 s was shorter than the cold start. Raise it above 8 s.",
  );
});

test("requests that never met are inconclusive", () => {
  const later = burst([1], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const conclusion = concludeSchedule({ visits: [...burst([0]), ...later], clockOffsets: [] });
  expect(conclusion.reason).toMatch(/one after the other/);
});

test("nothing but failures is inconclusive, and names them", () => {
  const failed = [0, 1].map((index): Observation => {
    const message = "403 Forbidden";
    return { type: "observation", run: "r", index, client: "Ana", outcome: "failed", message };
  });
  expect(conclude(failed)).toMatchObject({
    verdict: "inconclusive",
    reason: "No request was answered: 2 failed: 403 Forbidden. Check the target and run again.",
    outcomes: { failed: 2 },
    trials: 0,
  });
});

type Change = (response: NonNullable<Observation["response"]>) => void;

/** Observations of an isolated burst of which one is tampered with. */
function tampered(change: Change): Observation[] {
  const observations = observe(burst([0, 1, 2]), []);
  const victim = structuredClone(observations[1] as Observation);
  if (victim.response) change(victim.response);
  return [observations[0] as Observation, victim, observations[2] as Observation];
}

test.each<[string, Change, RegExp]>([
  [
    "two processes that claim one identity",
    ({ environment }) =>
      Object.assign(environment ?? {}, { id: "environment 0", instance: "instance 0/0" }),
    /same counter/,
  ],
  [
    "two instances that claim one thread",
    ({ environment }) => Object.assign(environment ?? {}, { id: "environment 0" }),
    /two instances claim one thread/,
  ],
  [
    "two environments that claim one instance",
    ({ environment }) => Object.assign(environment ?? {}, { instance: "instance 0/0" }),
    /two threads claim one instance/,
  ],
  [
    "an answer that belongs to another request",
    (response) => Object.assign(response, { client: "somebody else" }),
    /names another client/,
  ],
  [
    "a clock that jumped back",
    ({ invocation }) => Object.assign(invocation ?? {}, { leftAt: 0 }),
    /left before it entered/,
  ],
  [
    "a clock that jumped ahead",
    ({ invocation }) => Object.assign(invocation ?? {}, { leftAt: 1e6 }),
    /longer by its own clock/,
  ],
])("%s: never a verdict from it, but the contradiction in words", (_, change, reason) => {
  const conclusion = conclude(tampered(change));
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(reason);
});

test("an answer that found another in flight on entry is proof, whatever its peak says", () => {
  const observations = tampered(({ invocation }) =>
    Object.assign(invocation ?? {}, { inFlightOnEntry: 2, inFlightPeak: 1 }),
  );
  expect(conclude(observations)).toMatchObject({ verdict: "shared", sharing: "globals" });
});

test("too few answers are inconclusive, and the others are named", () => {
  const [first] = observe(burst([0, 1, 2]), []);
  const throttled = [1, 2].map((index): Observation => {
    const seen = { type: "observation", run: "r", index, client: "Bo" } as const;
    return { ...seen, outcome: "throttled", message: "Rate Exceeded." };
  });
  expect(conclude([first as Observation, ...throttled]).reason).toBe(
    "Only 1 of 3 requests was answered (2 throttled: Rate Exceeded), too few to have met. " +
      "Lower the concurrency, or raise the target's limit.",
  );
});

test("a clock that jumps between invocations does not make them overlap", () => {
  const first = burst([0, 1]);
  const later = burst([0], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const observations = observe([...first, ...later], []);
  const { invocation } = observations[2]?.response ?? {};
  Object.assign(invocation ?? {}, { enteredAt: 500, leftAt: 1_500 });
  const conclusion = conclude(observations);
  expect(conclusion.verdict).toBe("inconclusive");
  expect(conclusion.reason).toMatch(/before an earlier one left/);
});

test("a restart in the same environment with the same pid is no contradiction", () => {
  const first = burst([0, 1]);
  const later = burst([0], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const observations = observe([...first, ...later], []);
  const { environment, invocation } = observations[2]?.response ?? {};
  Object.assign(environment ?? {}, { instance: "after the restart" });
  Object.assign(invocation?.onEntry ?? {}, { counter: 1 });
  expect(conclude(observations)).toMatchObject({ instances: 3, processes: 2 });
});
