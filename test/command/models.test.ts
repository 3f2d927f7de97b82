/** One plan at several models, one after the other. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { drawn } from "../effort.ts";
import { temporaryFile, temporaryFolder } from "../processes.ts";
import { fire, linesOf, report, reportJson, wholeLines } from "../programs.ts";

/** The second run is warm, so that it shows isolation however long a cold start takes. */
const SHORT = ["--hold", "500ms"];

/** The verdict over each experiment, in order, and the model that it is of. */
function verdictsIn(lines: readonly RecordLine[]) {
  const runs = lines.filter((line) => line.type === "run");
  const verdicts = lines
    .filter((line) => line.type === "verdict")
    .filter(({ run }) => run === null);
  return verdicts.map(({ experiment, verdict }) => [
    runs.find((run) => run.experiment === experiment)?.target.model,
    verdict,
  ]);
}

const COUNT = expect.stringMatching(/^[1-9]\d*$/);

const EXPECTED = [
  ["on-demand", "isolated"],
  ["managed-instances", "shared"],
  ["web-function", "shared"],
];

test("all models are fired at in turn, recorded one by one, and told in one table", async () => {
  const folder = join(temporaryFolder(), "three");
  const expectation = "on-demand=isolated,managed-instances=shared,web-function=shared";
  const asked = ["--model", "all", "--expect", expectation, "--out", folder];
  const { code, stdout } = await fire([...asked, ...SHORT]);
  expect(code).toBe(0);
  const rows = stdout.match(/^ {2}(on-demand|managed-instances|web-function) .*$/gm) ?? [];
  expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
    ["on-demand", COUNT, COUNT, "1", "0", "isolated", expect.stringMatching(/^\d+ %$/)],
    ["managed-instances", "1", "1", "5", COUNT, "shared"],
    ["web-function", "1", "1", "5", COUNT, "shared"],
  ]);
  const records = MODELS.map((model) => wholeLines(join(folder, `${model}.ndjson`)));
  expect(records.flatMap(verdictsIn)).toEqual(EXPECTED);
});

test("as JSON the records follow one another, which a report reads as a comparison", async () => {
  const { code, stdout } = await fire(["--model", "web-function,on-demand", "--json", ...SHORT]);
  expect(code).toBe(0);
  expect(verdictsIn(linesOf(stdout))).toEqual([EXPECTED[0], EXPECTED[2]]);
  const path = temporaryFile("two.ndjson", stdout);
  const { reports } = await reportJson(path);
  expect(reports.map(({ record }: { record: string }) => record)).toEqual([
    `${path}, 1`,
    `${path}, 2`,
  ]);
  const csv = (await report(path, "--format", "csv")).stdout;
  expect(csv.trim().split("\r\n")).toHaveLength(1 + 2 * 10);
});

test("a model that cannot be fired at does not keep the next one from it", async () => {
  const tooMany = ["--environments", "1000", "--workers", "256"];
  const asked = ["--model", "managed-instances,web-function", ...tooMany, ...SHORT];
  const { code, stdout, stderr } = await fire(asked);
  expect(code).toBe(1);
  expect(stderr).toContain("1,000 environments of 256 worker threads each");
  expect(stdout).toMatch(/^ {2}managed-instances .*failed$/m);
  expect(stdout).toMatch(/^ {2}web-function .*shared$/m);
});

test.each(
  drawn<[string, number]>(
    [
      ["on-demand=shared", 4],
      ["shared", 4],
      ["web-function=shared", 0],
    ],
    1,
  ),
)("of several models %s exits with %d", async (expectation, expected) => {
  const asked = ["--model", "on-demand,web-function", "--expect", expectation, ...SHORT];
  expect((await fire(asked)).code).toBe(expected);
});
