import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, recordLines, writeRecord } from "../../test/report/records.ts";
import type { RecordLine } from "../core/record-lines.ts";
import { readRecord } from "../records/read-record.ts";
import { CSV_HEADER, csvRows } from "./csv-report.ts";
import { experimentPage } from "./html/experiment-page.ts";
import { jsonReport } from "./json-report.ts";
import { KEPT_IN_PAGE, readExperiment } from "./recorded-experiment.ts";

/** Two bursts of six in six environments, which two runners fired; a third one is missing. */
function linesOf(schema: 1 | 2): RecordLine[] {
  const six = burst(6, (index) => index);
  return recordLines({ runs: [six, six] }).map((line) => {
    if (line.type === "run") return { ...line, schema, runners: ["Madrid", "Lima", "<Oslo>"] };
    if (line.type !== "observation") return line;
    // The second one's clock is half an hour late.
    const { sentAt = 0, answeredAt = 0 } = line;
    const [runner, ahead] = line.index >= 3 ? ["Lima", -1_800_000] : ["Madrid", 0];
    return { ...line, runner, sentAt: sentAt + ahead, answeredAt: answeredAt + ahead };
  });
}

const recordOf = (schema: 1 | 2) =>
  writeRecord(
    temporaryFolder(),
    "r.ndjson",
    linesOf(schema).filter(({ type }) => type !== "verdict"),
  );

/** The last cell of each row. */
async function runnersInCsv(path: string): Promise<(string | undefined)[]> {
  const rows = [CSV_HEADER];
  for await (const row of csvRows(readRecord(path), path)) rows.push(row);
  return rows.map((row) => row.trim().split(",").at(-1));
}

test("reports of several runners say whose clock times are of, and that none are compared", async () => {
  const path = recordOf(2);
  const recorded = await readExperiment(path, KEPT_IN_PAGE);
  const report = jsonReport(recorded);
  expect(report.experiment?.conclusion).toMatchObject({ verdict: "isolated", trials: 8 });
  expect(report.notes).toContainEqual(
    expect.stringMatching(/^2 runners fired the experiment, .*compared/),
  );
  expect(report.notes).toContainEqual(
    expect.stringMatching(/^The experiment has no request of <Oslo> on the record: .* proven\.$/),
  );
  const [run] = report.experiment?.runs ?? [];
  const fired = { fired: true, observed: 3, trials: 2 };
  expect(run?.runners).toEqual([
    { name: "Madrid", ...fired },
    { name: "Lima", ...fired },
    { name: "<Oslo>", fired: false, observed: 0, trials: 0 },
  ]);
  const clocks = report.experiment?.environments.map(({ first, last }) => [
    first.runner,
    last.runner,
  ]);
  expect(clocks?.sort()).toEqual([
    ...Array(3).fill(["Lima", "Lima"]),
    ...Array(3).fill(["Madrid", "Madrid"]),
  ]);
  const named = [..."MMMLLLMMMLLL"].map((letter) => (letter === "M" ? "Madrid" : "Lima"));
  expect(await runnersInCsv(path)).toEqual(["runner", ...named]);
  const page = experimentPage(recorded);
  expect(page).toMatch(/fired by Lima/);
  expect(page).toMatch(/requests of each runner/);
});

test("a record of the first version has one runner, whatever else stands on it", async () => {
  const path = recordOf(1);
  const recorded = await readExperiment(path, KEPT_IN_PAGE);
  expect(recorded.experiment?.runnerCount).toBe(1);
  expect(jsonReport(recorded).experiment?.runs.map(({ runners }) => runners)).toEqual([
    undefined,
    undefined,
  ]);
  expect(jsonReport(recorded).notes.join(" ")).not.toMatch(/runners|Oslo/);
  expect(new Set(await runnersInCsv(path))).toEqual(new Set(["runner", ""]));
});
