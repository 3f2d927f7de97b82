import { expect, test } from "vitest";
import { burst, recordLines } from "../../test/report/records.ts";
import type { Observation } from "../core/record-lines.ts";
import { type Evidence, evidenceOf } from "../core/verdict/evidence.ts";
import { environmentRows } from "./environment-rows.ts";

test("an environment that had a hundred thousand processes is one row, with each of them once", () => {
  const lines = recordLines({ runs: [burst(1, () => 0)] });
  const run = lines.find((line) => line.type === "run");
  const observation = lines.find((line): line is Observation => line.type === "observation");
  const evidence = observation && evidenceOf(observation);
  if (!run || !evidence?.report) throw new Error("no run of one request");
  const report = { ...evidence.report, logStream: "a stream" };
  const requests = Array.from(
    { length: 200_000 },
    (_, index): Evidence => ({ ...evidence, index, report: { ...report, pid: index % 100_000 } }),
  );
  const [row, ...others] = environmentRows([{ line: run, requests }]);
  expect(others).toEqual([]);
  expect(row).toMatchObject({ invocations: 200_000, instances: 1, logStream: "a stream" });
  expect(row?.pids).toEqual(Array.from({ length: 100_000 }, (_, pid) => pid));
});
