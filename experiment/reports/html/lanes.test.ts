import fc from "fast-check";
import { expect, test } from "vitest";
import { isolatedSchedule, observe, type Visit } from "../../../test/schedules.ts";
import { referencePlan } from "../../core/plan/plan.ts";
import { concludeRun } from "../../core/verdict/conclude.ts";
import { evidenceOf } from "../../core/verdict/evidence.ts";
import type { RecordedRun } from "../recorded-experiment.ts";
import { densityOf } from "./density.ts";
import { layOut } from "./lanes.ts";
import { timeScale } from "./time-scale.ts";

function runOf(visits: readonly Visit[], index = 0, offsets: readonly number[] = []): RecordedRun {
  const requests = observe(visits, offsets).map(evidenceOf);
  return {
    line: {
      type: "run",
      schema: 1,
      experiment: "e",
      run: `r${index}`,
      index,
      role: "experiment",
      plan: referencePlan,
      target: { kind: "local", url: "http://127.0.0.1/" },
      startedAt: "2026-11-23T21:47:00.000Z",
      versions: {},
    },
    requests,
    planned: requests.length,
    shown: [],
    conclusion: concludeRun({ concurrency: requests.length, holdMs: 1_000, requests }),
  };
}

const visit: Visit = {
  process: 0,
  thread: 0,
  sentAt: 0,
  begin: 10,
  end: 1_010,
  answeredAt: 1_020,
  lost: false,
};

test("an environment that serves one at a time has one row, in order of first use", () => {
  const first = [visit, { ...visit, process: 1, sentAt: 5 }];
  const second = [{ ...visit, process: 1 }];
  const { lanes, rows, runs } = layOut([runOf(first), runOf(second, 1)]);
  expect(lanes.map(({ environment }) => environment)).toEqual(["environment 0", "environment 1"]);
  expect(rows).toBe(2);
  expect(runs.map(({ bars }) => bars.map(({ row }) => row))).toEqual([[0, 1], [1]]);
  expect(runs[0]?.bars[0]).toMatchObject({ from: 0, until: 1_020, insideFrom: 20 });
});

test("requests at once in one environment have a row each, and are marked", () => {
  const together = [
    visit,
    { ...visit, begin: 11, end: 1_011 },
    { ...visit, begin: 2_000, end: 2_500, sentAt: 1_900, answeredAt: 2_510 },
  ];
  const { rows, runs } = layOut([runOf(together)]);
  expect(rows).toBe(2);
  expect(runs[0]?.bars.map(({ row, overlaps }) => [row, overlaps])).toEqual([
    [0, true],
    [1, true],
    [0, false],
  ]);
});

test("requests without an environment stand last, and those that were never sent nowhere", () => {
  const { lanes, runs } = layOut([runOf([{ ...visit, lost: true }, visit])]);
  expect(lanes.map(({ environment }) => environment)).toEqual(["environment 0", undefined]);
  expect(runs[0]?.bars.find(({ row }) => row === 1)?.insideFrom).toBeUndefined();
});

test("where no process serves two at once, no environment has two rows and no bars collide", () => {
  fc.assert(
    fc.property(isolatedSchedule, ({ visits, clockOffsets }) => {
      const { lanes, runs } = layOut([runOf(visits, 0, clockOffsets)]);
      for (const lane of lanes) if (lane.environment !== undefined) expect(lane.rows).toBe(1);
      const identified = runs.flatMap(({ bars }) =>
        bars.filter((bar) => bar.insideFrom !== undefined),
      );
      for (const row of Map.groupBy(identified, (bar) => bar.row).values()) {
        for (const [index, bar] of row.entries()) {
          expect(bar.overlaps).toBe(false);
          expect(bar.from).toBeGreaterThanOrEqual(row[index - 1]?.until ?? 0);
          expect(bar.until).toBeGreaterThanOrEqual(bar.insideFrom ?? 0);
        }
      }
    }),
  );
});

test("a density picture holds every moment in a handler once", () => {
  fc.assert(
    fc.property(isolatedSchedule, fc.integer({ min: 1, max: 6 }), (schedule, mostRows) => {
      const run = runOf(schedule.visits, 0, schedule.clockOffsets);
      const environments = [
        ...new Set(run.requests.flatMap(({ report }) => report?.environment ?? [])),
      ];
      const spans = [{ left: 0, width: 300 }];
      const density = densityOf([run], environments, spans, { mostRows, columnWidth: 6 });
      const served = density.rows.reduce((sum, row) => sum + row.environments, 0);
      expect(served).toBe(environments.length);
      const columnMs = run.conclusion.wallMs / 50;
      const inCells = (density.runs[0]?.inFlight ?? [])
        .flatMap((row) => [...row])
        .reduce((sum, value) => sum + value * columnMs, 0);
      const stays = layOut([run]).runs.flatMap(({ bars }) => bars);
      expect(stays.length).toBe(run.requests.length);
      const inHandlers = run.requests.reduce((sum, { report, sentAt = 0, answeredAt = 0 }) => {
        const way = answeredAt - sentAt;
        return sum + (report ? Math.min(way, report.leftAt - report.enteredAt) : way);
      }, 0);
      expect(inCells).toBeCloseTo(inHandlers, 3);
    }),
  );
});

test("runs stand beside each other without touching, a second as wide in each", () => {
  const { spans, pixelsPerMs } = timeScale([1_000, 3_000], 900);
  const [first, second] = spans;
  expect(first?.width).toBeCloseTo(1_000 * pixelsPerMs);
  expect(second?.left).toBeGreaterThan(first?.width ?? 0);
  expect((second?.left ?? 0) + (second?.width ?? 0)).toBeCloseTo(900);
  expect(timeScale([], 900).spans).toEqual([]);
  expect(timeScale([0], 900)).toMatchObject({ pixelsPerMs: 0 });
});
