import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/processes.ts";
import {
  ABORTED,
  burst,
  CROSS_CHECK,
  recordLines,
  writeRecord,
} from "../../test/report/records.ts";
import { equalStages, referencePlan, startOffsets } from "../core/plan/plan.ts";
import { readRecord } from "./read-record.ts";
import { appendToRecord, deleteRecord } from "./record-at-rest.ts";

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

/** The lines of a record that its runner has not concluded yet, and its conclusion. */
const unconcluded = recordLines({ runs: [burst(5, (index) => index)] });
const conclusion = `${JSON.stringify(unconcluded.pop())}\n`;

const writeUnconcluded = () => writeRecord(temporaryFolder(), "record.ndjson", unconcluded);

test("a record is neither continued nor deleted while its runner may be writing it", async () => {
  const path = writeUnconcluded();
  const before = readFileSync(path, "utf8");
  const inUse = (purpose: string) => ({ kind: "record in use", facts: { path, purpose } });
  await expect(appendToRecord(path, ABORTED)).rejects.toMatchObject(inUse("continue"));
  await expect(deleteRecord(path)).rejects.toMatchObject(inUse("delete"));
  expect(readFileSync(path, "utf8")).toBe(before);
  appendFileSync(path, conclusion.trimEnd());
  await appendToRecord(path, ABORTED);
  expect(readFileSync(path, "utf8")).toBe(before + conclusion + line);
});

test("the record of a part may grow until the time of its next run has come and gone", async () => {
  const line = {
    ...{ runners: ["1/2", "2/2"], runner: "1/2", startAt: "2026-11-23T10:00:00.000Z" },
    ...{ schema: 2 as const },
  };
  const plan = { ...referencePlan, stages: equalStages(2, 20_000, 20_000, 0) };
  const [run, ...others] = unconcluded;
  assert(run?.type === "run");
  const path = writeRecord(temporaryFolder(), "part.ndjson", [
    { ...run, ...line, plan },
    ...others,
  ]);
  const [, nextMs = 0] = startOffsets(plan, 2);
  const silentFor = (ms: number) => utimesSync(path, new Date(), new Date(Date.now() - ms));
  silentFor(nextMs);
  await expect(deleteRecord(path)).rejects.toMatchObject({ kind: "record in use" });
  silentFor(nextMs + 600_000);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});

test("a record that was begun long ago has no runner any more: it is continued, and deleted", async () => {
  const path = writeUnconcluded();
  utimesSync(path, 0, 0);
  await appendToRecord(path, ABORTED);
  expect(await Array.fromAsync(readRecord(path))).toHaveLength(unconcluded.length + 1);
  utimesSync(path, 0, 0);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});

test("what a cross-check stands on has no runner any more", async () => {
  const path = writeUnconcluded();
  utimesSync(path, 0, 0);
  await appendToRecord(path, CROSS_CHECK);
  await appendToRecord(path, CROSS_CHECK);
  expect(await Array.fromAsync(readRecord(path))).toHaveLength(unconcluded.length + 2);
});

test.each<[string, (text: string) => string | Uint8Array]>([
  ["compressed", (text) => gzipSync(text)],
  ["in UTF-16", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
  ["a JSON array", (text) => `[${text.trim().replaceAll("\n", ",")}]`],
])("a record that is %s is neither continued nor deleted", async (name, change) => {
  const path = join(temporaryFolder(), "record.ndjson");
  writeFileSync(path, change(line + conclusion));
  const before = readFileSync(path);
  const refused = { kind: "record in another form", facts: { path, form: `it is ${name}` } };
  await expect(appendToRecord(path, ABORTED)).rejects.toMatchObject(refused);
  await expect(deleteRecord(path)).rejects.toMatchObject(refused);
  expect(readFileSync(path)).toEqual(before);
});

test("a record that is gone cannot be continued", async () => {
  const path = join(temporaryFolder(), "gone");
  await expect(appendToRecord(path, ABORTED)).rejects.toMatchObject({
    kind: "record not continued",
    facts: { path, code: "ENOENT" },
  });
});

test("a deleted record is gone, and deleting it again is no failure", async () => {
  const path = join(temporaryFolder(), "record.ndjson");
  writeFileSync(path, conclusion);
  await deleteRecord(path);
  await deleteRecord(path);
  expect(existsSync(path)).toBe(false);
});
