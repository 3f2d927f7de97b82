/** One plan at several models, one after the other. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODELS } from "../../basics/models.ts";
import type { RecordLine } from "../../experiment/core/record-lines.ts";
import { drawn } from "../effort.ts";
import { temporaryFile, temporaryFolder } from "../processes.ts";
import { report, startExperiment } from "../programs.ts";

/** The second run is warm, so that it shows isolation however long a cold start takes. */
const SHORT = ["--hold", "500ms"];

/** Fires to the end, whatever is recorded. */
async function fire(args: readonly string[]) {
  const { ended, stdout, stderr } = startExperiment(args);
  return { code: await ended, stdout: stdout(), stderr: stderr() };
}

const linesOf = (text: string): RecordLine[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

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
  const records = MODELS.map((model) => readFileSync(join(folder, `${model}.ndjson`), "utf8"));
  expect(records.flatMap((text) => verdictsIn(linesOf(text)))).toEqual(EXPECTED);
});

test("as JSON the records follow one another, which a report reads as a comparison", async () => {
  const { code, stdout } = await fire(["--model", "web-function,on-demand", "--json", ...SHORT]);
  expect(code).toBe(0);
  expect(verdictsIn(linesOf(stdout))).toEqual([EXPECTED[0], EXPECTED[2]]);
  const path = temporaryFile("two.ndjson", stdout);
  const { reports } = JSON.parse((await report(path, "--format", "json")).stdout);
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

const EXPECTATIONS: [string, number][] = [
  ["on-demand=shared", 4],
  ["shared", 4],
  ["web-function=shared", 0],
];

test.each(drawn(EXPECTATIONS, 1))(
  "of several models %s exits with %d",
  async (expectation, expected) => {
    const asked = ["--model", "on-demand,web-function", "--expect", expectation, ...SHORT];
    expect((await fire(asked)).code).toBe(expected);
  },
);

test.each([
  [["--model", "all", "--control"], "--control: web-function is one of the models"],
  [
    ["--model", "all", "--expect", "on-demand=maybe"],
    "or one for each model, such as on-demand=isolated",
  ],
  [["--model", "web-function,on-demand", "--workers", "2"], "--workers is an option of managed-"],
  [["--expect", "web-function=shared"], "--expect: nothing is fired at web-function"],
  [["--model", "all", "--expect", "isolated,shared"], "or one for each model"],
  [["--model", "all", "--out", "package.json"], "--out: package.json is a file.\nName a folder"],
  [["--out", "folder/"], "--out: That is a folder: name a file in it."],
  [["--model", "all", "--max-concurrency", "129"], "of web-function is at most 128"],
])("wrong usage, %j, exits with 2 and says what would be right", async (args, words) => {
  const { code, stdout, stderr } = await fire(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(words);
});
