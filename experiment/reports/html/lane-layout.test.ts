import fc from "fast-check";
import { expect, test } from "vitest";
import { isolatedSchedule, observe, type Visit } from "../../../test/schedules.ts";
import { referencePlan } from "../../core/plan/plan.ts";
import { concludeExperiment } from "../../core/verdict/conclude.ts";
import { evidenceOf } from "../../core/verdict/evidence.ts";
import { type LaidOutRun, type Layout, layOut as layOutWithin, timeScale } from "./lane-layout.ts";

function runOf(visits: readonly Visit[], index = 0, offsets: readonly number[] = []): LaidOutRun {
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
    conclusion: concludeExperiment([{ concurrency: requests.length, holdMs: 1_000, requests }]),
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

const layOut = (...runs: LaidOutRun[]) => layOutWithin(runs, 900);

/** All bars that are drawn, with the row that each is in. */
function barsOf({ lanes }: Layout) {
  return lanes.flatMap(({ firstRow, rows }) =>
    rows.flatMap((marks, index) => marks.flat().map((bar) => ({ ...bar, row: firstRow + index }))),
  );
}

test("an environment that serves one at a time has one row, in order of first use", () => {
  const first = [visit, { ...visit, process: 1, sentAt: 5 }];
  const second = [{ ...visit, process: 1 }];
  const layout = layOut(runOf(first), runOf(second, 1));
  const environments = layout.lanes.map(({ environment }) => environment);
  expect(environments).toEqual(["environment 0", "environment 1"]);
  expect(layout.rows).toBe(2);
  expect(barsOf(layout)).toMatchObject([
    { run: 0, row: 0, from: 0, until: 1_020, insideFrom: 20 },
    { run: 0, row: 1 },
    { run: 1, row: 1 },
  ]);
});

test("requests at once in one environment have a row each, and are marked", () => {
  const together = [
    visit,
    { ...visit, begin: 11, end: 1_011 },
    { ...visit, begin: 2_000, end: 2_500, sentAt: 1_900, answeredAt: 2_510 },
  ];
  const layout = layOut(runOf(together));
  expect(layout.rows).toBe(2);
  expect(barsOf(layout)).toMatchObject([
    { from: 0, row: 0, overlaps: true },
    { from: 1_900, row: 0, overlaps: false },
    { from: 0, row: 1, overlaps: true },
  ]);
});

test("requests of two runners have rows of their own, each where its own clock has it", () => {
  const run = runOf([
    visit,
    { ...visit, begin: 2_010, end: 3_010 },
    { ...visit, begin: 4_010, end: 5_010 },
  ]);
  const requests = run.requests.map((it, index) => ({ ...it, runner: index === 1 ? "b" : "a" }));
  const [one, two, three] = [0, 3_600_000, 1_500];
  const shifted = requests.map((it, index) => {
    const ahead = [one, two, three][index] ?? 0;
    return { ...it, sentAt: ahead, answeredAt: ahead + 1_020 };
  });
  expect(barsOf(layOut({ ...run, requests: shifted }))).toMatchObject([
    { row: 0, from: 0, until: 1_020, overlaps: false },
    { row: 0, from: 1_500, until: 2_520, overlaps: false },
    { row: 1, from: 3_600_000, until: 3_601_020, overlaps: false },
  ]);
});

test("requests without an environment stand last, and those that were never sent nowhere", () => {
  const layout = layOut(runOf([{ ...visit, lost: true }, visit]));
  expect(layout.lanes.map(({ environment }) => environment)).toEqual(["environment 0", undefined]);
  expect(barsOf(layout)[1]).toMatchObject({ row: 1, insideFrom: undefined });
});

test("no environment has two rows and no bars collide where no process serves two at once", () => {
  fc.assert(
    fc.property(isolatedSchedule, ({ visits, clockOffsets }) => {
      const layout = layOut(runOf(visits, 0, clockOffsets));
      expect(layout.drawn).toEqual(layout.all);
      for (const { environment, rows } of layout.lanes) {
        if (environment !== undefined) expect(rows.length).toBe(1);
      }
      const identified = barsOf(layout).filter((bar) => bar.insideFrom !== undefined);
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

test("those are marked that the verdict counts as overlapping, whoever they overlap", () => {
  const anyVisit = fc
    .record({ process: fc.nat(2), begin: fc.nat(30), hold: fc.nat(12) })
    .map(({ process, begin, hold }): Visit => {
      const end = begin + hold;
      return { ...visit, process, sentAt: begin, begin, end, answeredAt: end };
    });
  fc.assert(
    fc.property(fc.array(anyVisit, { minLength: 1, maxLength: 30 }), (visits) => {
      const run = runOf(visits);
      const together = visits.filter((one) =>
        visits.some((other) => {
          const isInside = one.begin < other.end && other.begin < one.end;
          const areFilled = one.begin < one.end && other.begin < other.end;
          return one !== other && one.process === other.process && areFilled && isInside;
        }),
      );
      const marked = barsOf(layOut(run)).filter(({ overlaps }) => overlaps);
      expect(marked.length).toBe(together.length);
    }),
  );
});

/** So many environments, each of which serves one request after the other. */
function busy(environments: number, rounds: number): Visit[] {
  return Array.from({ length: environments * rounds }, (_, index) => {
    const at = Math.floor(index / environments) * 1_100;
    const [sentAt, answeredAt] = [at, at + 1_020];
    const process = index % environments;
    return { ...visit, process, sentAt, begin: at + 10, end: at + 1_010, answeredAt };
  });
}

test("the first of more environments than can be read are drawn, and all that shared", () => {
  const shares = busy(150, 1).map((one) => ({ ...one, process: 3 * one.process }));
  const guests = [140, 149].map((index) => ({ ...visit, process: 3 * index, begin: 12 }));
  const lost = { ...visit, lost: true };
  const { lanes, rows, drawn, all } = layOut(runOf([...shares, ...guests, lost]));
  const environments = lanes.map(({ environment }) => environment);
  expect(environments.slice(0, 2)).toEqual(["environment 0", "environment 3"]);
  expect(environments.slice(-3)).toEqual(["environment 420", "environment 447", undefined]);
  expect(lanes.map((lane) => lane.rows.length).slice(-3)).toEqual([2, 2, 1]);
  expect({ rows, drawn, all }).toEqual({
    rows: 60,
    drawn: { environments: 57, requests: 60 },
    all: { environments: 150, requests: 153 },
  });
});

test("one environment's requests share the rows that there are with those of others", () => {
  const web = busy(5, 1).flatMap((one) =>
    Array.from({ length: 200 }, (_, index) => ({ ...one, begin: one.begin + index / 1_000 })),
  );
  const { lanes, drawn } = layOut(runOf(web));
  expect(lanes.map(({ rows }) => rows.length)).toEqual([12, 12, 12, 12, 12]);
  expect(drawn).toEqual({ environments: 5, requests: 60 });
});

test("neighbours that are too short to be drawn apart are one mark, and none is lost", () => {
  const { lanes, drawn, all } = layOut(runOf(busy(5, 600)));
  expect(drawn).toEqual(all);
  expect(all.requests).toBe(3_000);
  for (const { rows } of lanes) {
    const [marks = []] = rows;
    expect(marks.length).toBeLessThan(300);
    expect(marks.flat().length).toBe(600);
  }
});

test("runs stand beside each other without touching, a second as wide in each", () => {
  const { lefts, pixelsPerMs } = timeScale([1_000, 3_000], 900);
  const [first, second = 0] = lefts;
  expect(first).toBe(0);
  expect(second).toBeGreaterThan(1_000 * pixelsPerMs);
  expect(second + 3_000 * pixelsPerMs).toBeCloseTo(900);
  expect(timeScale([], 900).lefts).toEqual([]);
  expect(timeScale([0], 900)).toMatchObject({ pixelsPerMs: 0 });
});
