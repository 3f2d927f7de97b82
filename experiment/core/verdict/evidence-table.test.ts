import fc from "fast-check";
import { expect, test } from "vitest";
import { inputs } from "../../../test/effort.ts";
import {
  isolatedSchedule,
  observe,
  observeByRunners,
  severalRunners,
} from "../../../test/schedules.ts";
import { concludeExperiment } from "./conclude.ts";
import { type Evidence, EvidenceTable, evidenceOf } from "./evidence.ts";

function tableOf(requests: readonly Evidence[]): readonly Evidence[] {
  const table = new EvidenceTable("r");
  for (const evidence of requests) table.add(evidence);
  return table.rows();
}

/** What a row says, as plain data. */
function plain({ report, ...rest }: Evidence, row: Evidence): unknown {
  const keys = <T extends object>(like: T, from: T) =>
    Object.fromEntries(Object.keys(like).map((key) => [key, from[key as keyof T]]));
  const evidence: Omit<Evidence, "report"> = rest;
  return {
    ...keys(evidence, row),
    report: report && row.report ? keys(report, row.report) : row.report,
  };
}

test("a table gives back the evidence that was put in", () => {
  fc.assert(
    fc.property(isolatedSchedule, severalRunners, (schedule, runners) => {
      const [first = [], second = []] = observeByRunners(schedule, runners);
      // Two runs in one table: what a row says of its run is the table's.
      const named = [...first, ...second].map((it) => ({ ...it, run: "r" }));
      const unnamed = observe(schedule.visits, schedule.clockOffsets);
      const requests = [...named, ...unnamed].map(evidenceOf);
      const rows = tableOf(requests);
      expect(rows).toHaveLength(requests.length);
      for (const [index, evidence] of requests.entries()) {
        const row = rows[index];
        expect(row && plain(evidence, row)).toEqual(evidence);
      }
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

test("what is concluded of a table is what is concluded of its evidence", () => {
  fc.assert(
    fc.property(isolatedSchedule, ({ visits, clockOffsets }) => {
      const requests = observe(visits, clockOffsets).map(evidenceOf);
      const run = { concurrency: requests.length, holdMs: 1_000 };
      expect(concludeExperiment([{ ...run, requests: tableOf(requests) }])).toEqual(
        concludeExperiment([{ ...run, requests }]),
      );
    }),
    { numRuns: inputs(300, 10_000) },
  );
});

test("a table grows, and keeps apart processes that claim one instance", () => {
  const visit = { process: 0, thread: 0, begin: 0, end: 1, sentAt: 0, answeredAt: 2, lost: false };
  const [first] = observe([visit], [0]).map(evidenceOf);
  if (!first?.report) throw new Error("It was answered.");
  const { report } = first;
  const requests = Array.from({ length: 5_000 }, (_, index) => ({
    ...first,
    index,
    message: `message ${index}`,
    report: { ...report, pid: index, logStream: `s ${index}`, requestId: `é ${index}` },
  }));
  const rows = tableOf(requests);
  expect(rows.map(({ report: its }) => its?.pid)).toEqual(requests.map((_, index) => index));
  expect(rows[4_999]?.report?.logStream).toBe("s 4999");
  expect(rows[4_999]).toMatchObject({ index: 4_999, message: "message 4999" });
  expect(rows[4_998]?.report?.requestId).toBe("é 4998");
  expect(rows[4_999]?.report?.requestId).toBe("é 4999");
});
