import { expect, test } from "vitest";
import { referencePlan } from "../plan/plan.ts";
import type { Observation, RecordLine, Role } from "../record-lines.ts";
import { type LifetimeEstimate, lifetimeOf, type ServedRun, ServedRuns } from "./lifetime.ts";

/** Runs in which, after each pause, so many environments of the run before serve again. */
function runsOf(size: number, survivors: readonly (readonly [pauseMs: number, after: number])[]) {
  let next = 0;
  const fresh = (count: number) => Array.from({ length: count }, () => `environment ${next++}`);
  const run = (pauseMs: number, ids: string[]): ServedRun & { ids: string[] } => {
    return { pauseMs, burst: size, isComplete: true, environments: new Set(ids), ids };
  };
  const runs = [run(0, fresh(size))];
  for (const [pauseMs, after] of survivors) {
    const kept = runs.at(-1)?.ids.slice(0, after) ?? [];
    runs.push(run(pauseMs, [...kept, ...fresh(size - after)]));
  }
  return runs;
}

function estimateOf(...args: Parameters<typeof runsOf>): LifetimeEstimate | undefined {
  return lifetimeOf(runsOf(...args))?.estimate;
}

const MINUTE = 60_000;

test("survivors are counted for each pause, the shortest first, and equal ones are added up", () => {
  const runs = runsOf(10, [
    [2_000, 3],
    [1_000, 9],
    [2_000, 5],
  ]);
  expect(lifetimeOf(runs)?.survivals).toEqual([
    { pauseMs: 1_000, before: 10, after: 9 },
    { pauseMs: 2_000, before: 20, after: 8 },
  ]);
});

test("where all outlive some pauses and none the longer ones, the timeout lies between", () => {
  const runs = [1, 2, 4, 8, 16].map((minutes) => [minutes * MINUTE, minutes < 5 ? 10 : 0] as const);
  expect(estimateOf(10, runs)).toEqual({
    kind: "timeout",
    aboveMs: 4 * MINUTE,
    belowMs: 8 * MINUTE,
  });
});

test("where all outlive every pause, or none any, one side of the timeout is known", () => {
  const pauses = [1_000, 2_000];
  expect(
    estimateOf(
      5,
      pauses.map((pauseMs) => [pauseMs, 5]),
    ),
  ).toEqual({
    kind: "timeout",
    aboveMs: 2_000,
  });
  expect(
    estimateOf(
      5,
      pauses.map((pauseMs) => [pauseMs, 0]),
    ),
  ).toEqual({
    kind: "timeout",
    belowMs: 1_000,
  });
});

test("of a thousand environments that halve every 380 s, the half-life is found", () => {
  const survivors = [30, 60, 120, 240, 480, 960].map(
    (seconds) => [seconds * 1_000, Math.round(1_000 * 2 ** (-seconds / 380))] as const,
  );
  const estimate = estimateOf(1_000, survivors);
  expect(estimate).toMatchObject({ kind: "half-life" });
  expect(estimate?.kind === "half-life" && estimate.halfLifeMs).toBeCloseTo(380_000, -4);
});

test("ten environments that halve by chance give the half-life's order of magnitude", () => {
  const survivors = [
    [30_000, 9],
    [60_000, 10],
    [120_000, 8],
    [240_000, 6],
    [480_000, 5],
    [960_000, 1],
  ] as const;
  const estimate = estimateOf(10, survivors);
  const halfLifeMs = estimate?.kind === "half-life" ? estimate.halfLifeMs : 0;
  expect(halfLifeMs).toBeGreaterThan(250_000);
  expect(halfLifeMs).toBeLessThan(500_000);
});

test("what no decay explains is not explained, and one pause alone explains nothing", () => {
  const longLivers = [
    [1_000, 20],
    [60_000, 180],
    [120_000, 20],
  ] as const;
  expect(estimateOf(200, longLivers)).toEqual({ kind: "unexplained" });
  expect(estimateOf(10, [[1_000, 5]])).toEqual({ kind: "unexplained" });
  expect(
    estimateOf(10, [
      [1_000, 0],
      [2_000, 10],
    ]),
  ).toEqual({ kind: "unexplained" });
});

test("without a pause, or around a run that could not show all environments, nothing is said", () => {
  expect(lifetimeOf(runsOf(5, [[0, 5]]))).toBeUndefined();
  expect(lifetimeOf(runsOf(5, []))).toBeUndefined();
  const [first, second] = runsOf(5, [[1_000, 5]]);
  if (!first || !second) throw new Error("two runs are needed");
  expect(lifetimeOf([first, { ...second, isComplete: false }])).toBeUndefined();
  expect(lifetimeOf([{ ...first, isComplete: false }, second])).toBeUndefined();
  expect(lifetimeOf([first, { ...second, burst: 4 }])).toBeUndefined();
});

function linesOf(run: string, index: number, role: Role, ids: readonly string[]): RecordLine[] {
  const stages = [0, 1_000].map((pauseMs) => ({ concurrency: 2, requests: 2, pauseMs }));
  const target = { kind: "local", url: "http://127.0.0.1/" } as const;
  const plan = { ...referencePlan, stages };
  const known = { schema: 1, experiment: "e", startedAt: "", versions: {} } as const;
  return [
    { type: "run", run, index, role, plan, target, ...known },
    ...ids.map((id, request) => observation(run, request, id)),
  ];
}

function observation(run: string, index: number, id: string): Observation {
  const globalData = { counter: 1, client: "Ana", clients: ["Ana"] };
  const environment = {
    id,
    instance: id,
    pid: 1,
    threadId: 0,
    initializedAt: 0,
    coldStart: true,
    nodeVersion: "",
    architecture: "",
  };
  const response = { client: "Ana", globalData, message: "ok", environment };
  return { type: "observation", run, index, client: "Ana", outcome: "ok", response };
}

function lifetimeOfLines(lines: readonly RecordLine[]) {
  const served = new ServedRuns();
  for (const line of lines) served.take(line);
  return served.lifetime;
}

test("a record is followed line by line, and a control has no part in it", () => {
  const lines = [
    ...linesOf("control-1", 0, "control", ["x", "x"]),
    ...linesOf("control-2", 1, "control", ["y", "y"]),
    ...linesOf("1", 0, "experiment", ["a", "b"]),
    ...linesOf("2", 1, "experiment", ["a", "c"]),
  ];
  expect(lifetimeOfLines(lines)?.survivals).toEqual([{ pauseMs: 1_000, before: 2, after: 1 }]);
  // A record that was cut off says nothing of the last pause.
  expect(lifetimeOfLines(lines.slice(0, -1))).toBeUndefined();
});

test("an environment that is seen again later was alive in between", () => {
  const seen = (pauseMs: number, ...ids: string[]): ServedRun => {
    return { pauseMs, burst: 2, isComplete: true, environments: new Set(ids) };
  };
  const runs = [seen(0, "a", "b"), seen(1_000, "a", "c"), seen(2_000, "a", "b")];
  expect(lifetimeOf(runs)?.survivals).toEqual([
    { pauseMs: 1_000, before: 2, after: 2 },
    { pauseMs: 2_000, before: 2, after: 1 },
  ]);
});
