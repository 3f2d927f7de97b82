import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import { isolatedSchedule, observe, type Schedule } from "../../../test/schedules.ts";
import { clockContradiction } from "./clocks.ts";
import { evidenceOf, type Identified, isIdentified } from "./evidence.ts";

/** What is known of one request: when, by the runner's clock and by the process's, and the counter. */
type Known = [sent: number, answered: number, entered: number, left: number, counter: number];

/** Requests of one instance, all in one run unless another is named. */
function requests(known: readonly Known[], runs: readonly string[] = []): Identified[] {
  return known.map(([sentAt, answeredAt, enteredAt, leftAt, counter], index) => ({
    ...{ run: runs[index] ?? "r", index, client: "Ana", outcome: "ok", sentAt, answeredAt },
    report: {
      ...{ environment: "e", pid: 8, process: "e/8", threadId: 0, thread: "e/8/0", instance: "i" },
      ...{ requestId: `${index}`, enteredAt, leftAt, coldStart: false, counter },
      ...{ inFlightOnEntry: 1, inFlightPeak: 1 },
      ...{ mixed: false, misdelivered: false, miscounted: false },
    },
  }));
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
      const processes = Map.groupBy(frozen(schedule, standing), ({ report }) => report.process);
      for (const items of processes.values()) expect(clockContradiction(items)).toBeUndefined();
    }),
    { numRuns: inputs(1_000, 100_000) },
  );
});

test("an invocation that took longer than its request was under way is impossible", () => {
  expect(clockContradiction(requests([[0, 100, 5_000, 5_103, 1]]))).toMatch(/took longer/);
  expect(clockContradiction(requests([[0, 100, 5_000, 5_101, 1]]))).toBeUndefined();
});

test("requests that all ran at once cannot have been far apart by their process's clock", () => {
  const times = [1, 2, 3, 4, 5].map((n): Known => [0, 510, n * 100_000, n * 100_000 + 500, n]);
  expect(clockContradiction(requests(times))).toMatch(/by the runner's clock/);
});

test("requests that were hardly together cannot have overlapped for long", () => {
  const times: Known[] = [
    [0, 150, 0, 100, 1],
    [140, 290, 5, 105, 2],
  ];
  expect(clockContradiction(requests(times))).toMatch(/by the runner's clock/);
});

test("a request that was sent when another was answered cannot have entered before it left", () => {
  const times: Known[] = [
    [0, 1_020, 10, 1_010, 1],
    [5_000, 6_020, 500, 1_500, 2],
  ];
  expect(clockContradiction(requests(times))).toMatch(/by the runner's clock/);
});

test("what a later run's request entered, none of an earlier run can still have been inside", () => {
  const times: Known[] = [
    [0, 400, 50, 350, 1],
    [0, 400, 50, 350, 2],
  ];
  expect(clockContradiction(requests(times, ["a", "b"]))).toMatch(/before one of an earlier run/);
});

test("a handler that waits before it counts may count in another order than it was entered in", () => {
  const times: Known[] = [
    [0, 530, 5, 520, 2],
    [0, 535, 10, 525, 1],
  ];
  expect(clockContradiction(requests(times))).toBeUndefined();
});

test("who enters an instance after another has left finds a higher counter", () => {
  const times = (counters: readonly number[]) =>
    counters.map((counter, n): Known => [n * 600, n * 600 + 510, n * 600, n * 600 + 500, counter]);
  expect(clockContradiction(requests(times([9, 8, 7])))).toMatch(/found a lower counter/);
  expect(clockContradiction(requests(times([7, 7])))).toMatch(/the same counter/);
  expect(clockContradiction(requests(times([3, 5, 9])))).toBeUndefined();
});
