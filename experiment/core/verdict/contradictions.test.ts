import fc from "fast-check";
import { expect, test } from "vitest";
import { burst, conclude } from "../../../test/conclusions.ts";
import { inputs } from "../../../test/effort.ts";
import {
  isolatedSchedule,
  observe,
  observeByRunners,
  type Schedule,
  severalRunners,
} from "../../../test/schedules.ts";
import type { Observation } from "../record-lines.ts";
import { findContradictions } from "./contradictions.ts";
import { evidenceOf, type Identified, isIdentified } from "./evidence.ts";

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
    "a counter that fell while an invocation waited",
    ({ globalData }) => Object.assign(globalData, { counter: 0 }),
    /a counter or a peak fell/,
  ],
  [
    "a peak below what was found on entry",
    ({ invocation }) => Object.assign(invocation ?? {}, { inFlightOnEntry: 2, inFlightPeak: 1 }),
    /a counter or a peak fell/,
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

test("an answer that found another in flight on entry is proof, whoever that was", () => {
  const observations = tampered(({ globalData, invocation }) => {
    Object.assign(invocation ?? {}, { inFlightOnEntry: 2, inFlightPeak: 2 });
    Object.assign(invocation?.onEntry ?? {}, { counter: 2 });
    Object.assign(globalData, { counter: 2 });
  });
  expect(conclude(observations)).toMatchObject({ verdict: "shared", sharing: "globals" });
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

/** Observations of an isolated burst, of which the service names these log streams. */
function streamed(streams: readonly (string | undefined)[], visits = burst([0, 1, 2])) {
  return observe(visits, []).map((it, index) => ({ ...it, logStream: streams[index] }));
}

test("an environment with two log streams is no evidence", () => {
  const later = burst([0], { sentAt: 5_000, begin: 5_010, end: 6_010, answeredAt: 6_020 });
  const visits = [...burst([0, 1, 2]), ...later];
  expect(conclude(streamed(["a", "b", "c", "a"], visits)).verdict).toBe("isolated");
  const conclusion = conclude(streamed(["a", "b", "c", "d"], visits));
  expect(conclusion).toMatchObject({ verdict: "inconclusive", trials: 1 });
  expect(conclusion.reason).toMatch(/two log streams for one environment/);
});

test("environments that were there at once and have one log stream are no evidence", () => {
  const conclusion = conclude(streamed(["a", "a", "c"]));
  expect(conclusion).toMatchObject({ verdict: "inconclusive", trials: 0 });
  expect(conclusion.reason).toMatch(/one log stream for two environments/);
  expect(conclude(streamed(["a", undefined, "c"])).verdict).toBe("isolated");
});

test("a process that was restarted may call the environment of a log stream by another name", () => {
  const later = burst([1], { sentAt: 1_500, begin: 1_510, end: 2_510, answeredAt: 2_520 });
  const restarted = streamed(["a", "b", "a"], [...burst([0, 2]), ...later]);
  expect(conclude(restarted)).toMatchObject({ verdict: "isolated", trials: 1 });
  // In a later run, whose times are counted from its own shot.
  const inNextRun = { run: "s", sentAt: 0, answeredAt: 1_020 };
  const next = restarted.map((it, index) => (index === 2 ? { ...it, ...inNextRun } : it));
  expect(conclude(next).verdict).toBe("isolated");
  const back = restarted[0] as Observation;
  const again = structuredClone({ ...back, run: "t" });
  Object.assign(again.response?.invocation?.onEntry ?? {}, { counter: 2 });
  Object.assign(again.response?.globalData ?? {}, { counter: 2 });
  Object.assign(again.response?.invocation ?? {}, { enteredAt: 9_010, leftAt: 10_010 });
  expect(conclude([...next, again]).reason).toMatch(/one log stream for two environments/);
});

test("runs follow one another from whatever moments their times are counted", () => {
  const at = (ms: number) => ({
    sentAt: ms,
    begin: ms + 10,
    end: ms + 1_010,
    answeredAt: ms + 1_020,
  });
  const visits = [...burst([0]), ...burst([0], at(1_500)), ...burst([1], at(3_000))];
  const items = streamed(["a", "a", "a"], visits)
    .map((it, index) => {
      const [run, ahead] = index === 0 ? ["r", 3_600_000] : ["s", -3_600_000];
      const { sentAt = 0, answeredAt = 0 } = it;
      return { ...it, run, sentAt: sentAt + ahead, answeredAt: answeredAt + ahead };
    })
    .map(evidenceOf)
    .filter(isIdentified);
  expect(findContradictions(items).size).toBe(0);
});

test("two processes of an environment with its one log stream contradict nothing", () => {
  const [first, second] = streamed(["a", "a"], burst([0, 1])) as [Observation, Observation];
  Object.assign(second.response?.environment ?? {}, { id: "environment 0", pid: 9 });
  expect(conclude([first, second])).toMatchObject({ verdict: "isolated", environments: 1 });
});

/** Each environment has a log stream of its own, also where it calls itself otherwise after a restart. */
function restarted(observations: readonly Observation[]): Observation[] {
  return observations.map((it) => {
    const { environment, invocation } = it.response ?? {};
    if (!it.response || !environment || !invocation) return it;
    const { id, instance } = environment;
    const life = invocation.onEntry.counter > 2 ? "again" : "first";
    const named = { ...environment, id: `${id} ${life}`, instance: `${instance} ${life}` };
    return { ...it, logStream: id, response: { ...it.response, environment: named } };
  });
}

test("environments with a log stream each contradict nothing, however many runners there are", () => {
  fc.assert(
    fc.property(isolatedSchedule, severalRunners, (schedule, runners) => {
      const alone = observe(schedule.visits, schedule.clockOffsets);
      for (const observations of [alone, observeByRunners(schedule, runners).flat()]) {
        const items = restarted(observations).map(evidenceOf).filter(isIdentified);
        expect(findContradictions(items).size).toBe(0);
      }
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

test("environments that were there at once by one runner's clock are no evidence of any runner", () => {
  const observations = streamed(["a", "a", "a"]).map((it, index) => {
    return { ...it, runner: index < 2 ? "one" : "two" };
  });
  const items = observations.map(evidenceOf).filter(isIdentified);
  expect(findContradictions(items).size).toBe(3);
});

/** What is known of one request: when, by the runner's clock and by the process's, and the counter. */
type Known = [sent: number, answered: number, entered: number, left: number, counter: number];

/** Requests of one instance, all in one run unless another is named. */
function requests(known: readonly Known[], runs: readonly string[] = []): Identified[] {
  return known.map(([sentAt, answeredAt, enteredAt, leftAt, counter], index) => ({
    ...{ run: runs[index] ?? "r", index, client: "Ana", outcome: "ok", sentAt, answeredAt },
    report: {
      ...{ environment: "e", pid: 8, process: "e/8", thread: "e/8/0", instance: "i" },
      ...{ requestId: `${index}`, enteredAt, leftAt, coldStart: false, counter },
      ...{ inFlightOnEntry: 1, inFlightPeak: 1 },
      ...{ mixed: false, misdelivered: false, miscounted: false },
    },
  }));
}

/** What cannot be true of the one process that the requests claim. */
function contradictionOf(items: readonly Identified[]): string | undefined {
  return findContradictions(items).get("e/8");
}

/** The same visits by clocks that stand still between two of them, by as much as they may. */
function frozen({ visits, clockOffsets }: Schedule, share: number): Identified[] {
  const stood = new Map<number, { since: number; ms: number }>();
  const observations = observe(visits, clockOffsets);
  visits.forEach(({ process, begin, end }, index) => {
    const { since, ms } = stood.get(process) ?? { since: begin, ms: 0 };
    const still = ms + (begin - since) * share;
    stood.set(process, { since: end, ms: still });
    const invocation = observations[index]?.response?.invocation;
    if (!invocation) return;
    invocation.enteredAt -= still;
    invocation.leftAt -= still;
  });
  return observations.map(evidenceOf).filter(isIdentified);
}

test("clocks with any offset, that stand still between invocations, contradict nothing", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(isolatedSchedule, share, (schedule, standing) => {
      expect(findContradictions(frozen(schedule, standing)).size).toBe(0);
    }),
    { numRuns: inputs(1_000, 100_000) },
  );
});

test("an invocation that took longer than its request was under way is impossible", () => {
  expect(contradictionOf(requests([[0, 100, 5_000, 5_103, 1]]))).toMatch(/took longer/);
  expect(contradictionOf(requests([[0, 100, 5_000, 5_101, 1]]))).toBeUndefined();
});

test("requests that all ran at once cannot have been far apart by their process's clock", () => {
  const times = [1, 2, 3, 4, 5].map((n): Known => [0, 510, n * 100_000, n * 100_000 + 500, n]);
  expect(contradictionOf(requests(times))).toMatch(/by the runner's clock/);
});

test("requests that were hardly together cannot have overlapped for long", () => {
  const times: Known[] = [
    [0, 150, 0, 100, 1],
    [140, 290, 5, 105, 2],
  ];
  expect(contradictionOf(requests(times))).toMatch(/by the runner's clock/);
});

test("a request that was sent when another was answered cannot have entered before it left", () => {
  const times: Known[] = [
    [0, 1_020, 10, 1_010, 1],
    [5_000, 6_020, 500, 1_500, 2],
  ];
  expect(contradictionOf(requests(times))).toMatch(/by the runner's clock/);
});

test("what a later run's request entered, none of an earlier run can still have been inside", () => {
  const times: Known[] = [
    [0, 400, 50, 350, 1],
    [0, 400, 50, 350, 2],
  ];
  expect(contradictionOf(requests(times, ["a", "b"]))).toMatch(/before one of an earlier run/);
});

test("a handler that waits before it counts may count in another order than it was entered in", () => {
  const times: Known[] = [
    [0, 530, 5, 520, 2],
    [0, 535, 10, 525, 1],
  ];
  expect(contradictionOf(requests(times))).toBeUndefined();
});

test("an invocation that enters an instance after another has left finds a higher counter", () => {
  const times = (counters: readonly number[]) =>
    counters.map((counter, n): Known => [n * 600, n * 600 + 510, n * 600, n * 600 + 500, counter]);
  expect(contradictionOf(requests(times([9, 8, 7])))).toMatch(/found a lower counter/);
  expect(contradictionOf(requests(times([7, 7])))).toMatch(/the same counter/);
  expect(contradictionOf(requests(times([3, 5, 9])))).toBeUndefined();
});
