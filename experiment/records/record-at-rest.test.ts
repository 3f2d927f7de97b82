import { appendFileSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import {
  ABORTED,
  burst,
  CROSS_CHECK,
  recordLines,
  writeRecord,
} from "../../test/report/records.ts";
import { readRecord } from "./read-record.ts";
import { appendToRecord } from "./record-at-rest.ts";

const line = `${JSON.stringify(ABORTED)}\n`;

test("a closed record is continued behind its last whole line, however it ended", async () => {
  const path = join(temporaryFolder(), "record.ndjson");
  const long = JSON.stringify({ ...ABORTED, message: "x".repeat(100_000) });
  for (const cutOff of ["", '{"type":"obs', long.slice(0, -1), "garbage"]) {
    writeFileSync(path, line + cutOff);
    await appendToRecord(path, ABORTED);
    await appendToRecord(path, ABORTED);
    expect(readFileSync(path, "utf8")).toBe(line.repeat(3));
    expect(await Array.fromAsync(readRecord(path))).toHaveLength(3);
  }
});

test("a last line that lacks its line break is kept", async () => {
  const path = join(temporaryFolder(), "record.ndjson");
  const long = JSON.stringify({ ...ABORTED, message: "x".repeat(100_000) });
  for (const whole of [line.trimEnd(), `\ufeff${line.trimEnd()}`, line + long, '{"type":"note"}']) {
    writeFileSync(path, whole);
    await appendToRecord(path, ABORTED);
    expect(readFileSync(path, "utf8")).toBe(`${whole}\n${line}`);
  }
});

test("a record is not continued while its runner may be writing it", async () => {
  const lines = recordLines({ runs: [burst(5, (index) => index)] });
  const conclusion = `${JSON.stringify(lines.at(-1))}\n`;
  const path = writeRecord(temporaryFolder(), "record.ndjson", lines.slice(0, -1));
  const before = readFileSync(path, "utf8");
  await expect(appendToRecord(path, ABORTED)).rejects.toMatchObject({
    kind: "record in use",
    facts: { path, purpose: "continue" },
  });
  expect(readFileSync(path, "utf8")).toBe(before);
  appendFileSync(path, conclusion.trimEnd());
  await appendToRecord(path, ABORTED);
  expect(readFileSync(path, "utf8")).toBe(before + conclusion + line);
});

test("a record that its runner never concluded is continued when that was long ago", async () => {
  const lines = recordLines({ runs: [burst(5, (index) => index)] }).slice(0, -1);
  const path = writeRecord(temporaryFolder(), "record.ndjson", lines);
  utimesSync(path, 0, 0);
  await appendToRecord(path, ABORTED);
  expect(await Array.fromAsync(readRecord(path))).toHaveLength(lines.length + 1);
});

test("what a cross-check stands on has no runner any more", async () => {
  const lines = recordLines({ runs: [burst(5, (index) => index)] });
  const path = writeRecord(temporaryFolder(), "record.ndjson", lines.slice(0, -1));
  utimesSync(path, 0, 0);
  await appendToRecord(path, CROSS_CHECK);
  await appendToRecord(path, CROSS_CHECK);
  expect(await Array.fromAsync(readRecord(path))).toHaveLength(lines.length + 1);
});

test("a record that is gone cannot be continued", async () => {
  const path = join(temporaryFolder(), "gone");
  await expect(appendToRecord(path, ABORTED)).rejects.toMatchObject({
    kind: "record not continued",
    facts: { path, code: "ENOENT" },
  });
});
