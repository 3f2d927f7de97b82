import { expect, test } from "vitest";
import { observe } from "../../../test/schedules.ts";
import { referencePlan } from "../plan/plan.ts";
import { evidenceOf } from "./evidence.ts";
import { type LifetimeEstimate, lifetimeOf, type ServedRun, servedRuns } from "./lifetime.ts";

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

test("the timeout lies between the pauses that all outlive and the longer ones that none does", () => {
  const runs = [1, 2, 4, 8, 16].map((minutes) => [minutes * MINUTE, minutes < 5 ? 10 : 0] as const);
  expect(estimateOf(10, runs)).toEqual({
    kind: "timeout",
    aboveMs: 4 * MINUTE,
    belowMs: 8 * MINUTE,
  });
});

test("one side of the timeout is known where all outlive every pause, or none any", () => {
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

test("the half-life of a thousand environments that halve every 380 s is found", () => {
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

test("nothing is said without a pause, or around a run that could not show all environments", () => {
  expect(lifetimeOf(runsOf(5, [[0, 5]]))).toBeUndefined();
  expect(lifetimeOf(runsOf(5, []))).toBeUndefined();
  const [first, second] = runsOf(5, [[1_000, 5]]);
  if (!first || !second) throw new Error("two runs are needed");
  expect(lifetimeOf([first, { ...second, isComplete: false }])).toBeUndefined();
  expect(lifetimeOf([{ ...first, isComplete: false }, second])).toBeUndefined();
  expect(lifetimeOf([first, { ...second, burst: 4 }])).toBeUndefined();
});

/** A run at a model whose requests were answered by such environments. */
function answered(index: number, environments: readonly string[], model?: string) {
  const stages = [0, 1_000].map((pauseMs) => ({ concurrency: 2, requests: 2, pauseMs }));
  const target = { kind: "local", url: "http://127.0.0.1/", model } as const;
  const plan = { ...referencePlan, stages };
  const known = { type: "run", schema: 1, experiment: "e", role: "experiment" } as const;
  const line = { ...known, run: "r", index, plan, target, startedAt: "", versions: {} };
  const visit = { thread: 0, begin: 0, end: 1, sentAt: 0, answeredAt: 2, lost: false };
  const visits = environments.map((_, process) => ({ ...visit, process }));
  const requests = observe(visits, [])
    .map(evidenceOf)
    .map((evidence, request) => {
      const environment = environments[request] ?? "";
      return { ...evidence, report: evidence.report && { ...evidence.report, environment } };
    });
  return { line, requests };
}

test("what runs showed follows from their answers, unless the model keeps its environments", () => {
  const runs = [answered(0, ["a", "b"]), answered(1, ["a", "c"])];
  expect(lifetimeOf(servedRuns(runs))?.survivals).toEqual([
    { pauseMs: 1_000, before: 2, after: 1 },
  ]);
  const cutOff = [answered(0, ["a", "b"]), answered(1, ["a"])];
  expect(lifetimeOf(servedRuns(cutOff))).toBeUndefined();
  const [first, second] = runs.map(({ line, requests }) => ({
    line,
    requests: requests.map((request, index) => ({ ...request, runner: `runner ${index}` })),
  }));
  if (!first || !second) throw new Error("two runs are needed");
  // While one of them paused, the other may have fired.
  expect(servedRuns([first, second])).toEqual([]);
  const kept = [answered(0, ["a", "b"], "web-function"), answered(1, ["a", "c"], "web-function")];
  expect(servedRuns(kept)).toEqual([]);
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
