import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import { burst, recordLines } from "../../test/report/records.ts";
import { ExperimentError } from "../core/errors.ts";
import { recordNotes } from "../reports/record-notes.ts";
import { readExperiments } from "../reports/recorded-experiment.ts";

const AT = "2026-11-30T12:00:00.000Z";
const LATER = "2026-11-30T12:00:02.000Z";
const stage = { concurrency: 2, requests: 2, pauseMs: 0 };
const RUN = {
  type: "k6 run",
  experiment: "e",
  run: "e/1",
  index: 0,
  plan: { name: "p", clients: ["Ana"], holdMs: 1_000, steps: 5, stages: [stage] },
  target: { kind: "url", url: "http://a/" },
  versions: {},
  startedAt: AT,
  startAt: AT,
};
const globalData = { counter: 1, client: "Ana", clients: ["Ana"] };
const ANSWER = {
  type: "k6 answer",
  run: "e/1",
  startedAt: AT,
  client: "Ana",
  sentAt: 0,
  answeredAt: 1_010,
  isSigned: false,
  status: 200,
  headers: {},
  isWhole: true,
  body: JSON.stringify({ client: "Ana", globalData, message: "ok" }),
};
const ALL = [RUN, { ...ANSWER, index: 0 }, { ...ANSWER, index: 1 }].map((line) =>
  JSON.stringify(line),
);

/** The same of the shot of another process that fired it all two seconds late. */
const LATE = ALL.map((line) => line.replaceAll(`"startedAt":"${AT}"`, `"startedAt":"${LATER}"`));

async function read(...lines: string[]) {
  const path = join(temporaryFolder(), "k6.log");
  writeFileSync(path, lines.join("\n"));
  const [only, ...others] = await readExperiments([path], {});
  expect(others).toEqual([]);
  return only;
}

test("what k6 logged alone is the record of an experiment, whatever else it logged", async () => {
  const noise = ["         /\\      Grafana", '{"level":"warning","msg":"Request Failed"}', ""];
  const recorded = await read(...noise, ...ALL.flatMap((line) => [line, ...noise]));
  expect(recorded?.experiment?.line).toMatchObject({ schema: 1, role: "experiment", startAt: AT });
  expect(recorded?.experiment?.verdict?.outcomes).toEqual({ ok: 2 });
  expect(recorded && recordNotes(recorded)).toEqual([]);
});

test("lines that a log has twice count once, and that is said", async () => {
  const recorded = await read(...ALL, ...ALL);
  expect(recorded?.experiment?.verdict?.outcomes).toEqual({ ok: 2 });
  expect(recorded && recordNotes(recorded)).toEqual([
    "Counted once, since it was read before: 2 observations.",
  ]);
});

test.each([
  [ALL, LATE],
  [LATE, ALL],
])("of what a log has of two shots, those in time count, wherever they stand", async (...logs) => {
  const recorded = await read(...logs.flat());
  expect(recorded?.experiment?.line.startedAt).toBe(AT);
  expect(recorded?.experiment?.verdict?.outcomes).toEqual({ ok: 2 });
  expect(recorded && recordNotes(recorded)).toEqual([
    "Left out: what was fired again. Its times count from another shot.",
  ]);
});

const RECORD = recordLines({ runs: [burst(2, () => 0)] }).map((line) => JSON.stringify(line));

test.each([
  [[...ALL, ...RECORD], 4],
  [[...RECORD, ...ALL], 6],
])("a record in one file with a log is refused, and not passed over", async (lines, number) => {
  const error = await read(...lines).catch((thrown: unknown) => thrown);
  const why = expect.stringMatching(new RegExp(`^line ${number} is of .*files of their own$`));
  expect(error).toMatchObject({ kind: "record unreadable", facts: { why } });
});

const lost = (lines: string) =>
  `Left out: ${lines} of k6, cut off or broken, which cannot be read.`;

test("a log that ends early says so, and concludes nothing over all", async () => {
  const recorded = await read(...ALL.slice(0, 2), ALL[2]?.slice(0, -20) ?? "");
  expect(recorded?.experiment?.runs[0]?.ended).toBe(1);
  expect(recorded?.experiment?.verdict).toBeUndefined();
  expect(recorded && recordNotes(recorded)).toContain(lost("1 line"));
});

test("lines of a log that are cut off among others are left out, and counted", async () => {
  const [run = "", first = "", second = ""] = ALL;
  const recorded = await read(run.slice(0, -20), run, first.slice(0, -20), "noise", second);
  expect(recorded?.experiment?.runs[0]?.ended).toBe(1);
  expect(recorded && recordNotes(recorded)).toContain(lost("2 lines"));
});

test("a run whose beginning is not in the log is left out, and the others are not", async () => {
  const second = { ...ANSWER, run: "e/2" };
  const lost = [0, 1].map((index) => JSON.stringify({ ...second, index }));
  const recorded = await read(...ALL, ...lost);
  expect(recorded?.experiment?.runs.map(({ ended }) => ended)).toEqual([2]);
  expect(recorded && recordNotes(recorded)).toContain(
    "Left out: 2 answers of runs whose beginning is not in the log.",
  );
});

test("a log without its beginning is refused", async () => {
  const error = await read(...ALL.slice(1)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ExperimentError);
  expect(error).toMatchObject({ facts: { why: "the beginning of the log is missing" } });
});
